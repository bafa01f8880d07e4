import { ApolloArmor } from '@escape.tech/graphql-armor';

/** Depth, aliases, cost and the rest are bounded before anything runs. */
export const graphqlArmor = new ApolloArmor({
  maxDepth: { n: 8 },
  maxAliases: { n: 15 },
  maxDirectives: { n: 20 },
  maxTokens: { n: 2_000 },
  costLimit: { maxCost: 20_000 },
  blockFieldSuggestion: { enabled: true },
}).protect();

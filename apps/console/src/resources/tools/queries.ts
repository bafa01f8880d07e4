import { graphql } from '../../gql/index.ts';
import type { ToolQuery, ToolsQuery } from '../../gql/graphql.ts';

export const ToolsDocument = graphql(`
  query Tools($connectionId: ID, $query: String, $status: ToolStatus) {
    tools(connectionId: $connectionId, query: $query, status: $status) {
      id
      connectionId
      server
      name
      functionName
      title
      description
      category
      annotations
      status
      problem
    }
  }
`);

export const ToolDocument = graphql(`
  query Tool($id: ID!) {
    tool(id: $id) {
      id
      connectionId
      server
      name
      functionName
      path
      title
      description
      category
      inputSchema
      outputSchema
      annotations
      declaration
      learnedDeclaration
      learnedFrom
      status
      problem
      pending
      pendingHash
      pinnedAt
      definitionHash
    }
  }
`);

export const AcceptToolDocument = graphql(`
  mutation AcceptTool($id: ID!, $pendingHash: String!) {
    acceptTool(id: $id, pendingHash: $pendingHash) {
      id
      status
    }
  }
`);

export type ToolRow = ToolsQuery['tools'][number];
export type Tool = ToolQuery['tool'];

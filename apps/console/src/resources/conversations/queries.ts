import { graphql } from '../../gql/index.ts';
import type { ConversationQuery, ConversationsQuery } from '../../gql/graphql.ts';

export const ConversationsDocument = graphql(`
  query Conversations($filter: ConversationFilter, $cursor: String, $limit: Int!) {
    conversations(filter: $filter, cursor: $cursor, limit: $limit) {
      next
      items {
        id
        key
        arm
        band
        scripted
        principalName
        answers
        errors
        fallbacks
        complaints
        corrections
        praises
        promptTokens
        completionTokens
        costMicros
        startedAt
        lastAt
      }
    }
  }
`);

export const ConversationDocument = graphql(`
  query Conversation($id: ID!) {
    conversation(id: $id) {
      id
      key
      arm
      band
      scripted
      principalKind
      principalName
      answers
      errors
      fallbacks
      promptTokens
      completionTokens
      costMicros
      startedAt
      lastAt
      feedback {
        id
        principalName
        kind
        text
        at
      }
      messages {
        id
        role
        content
        at
        arm
        servedArm
        status
        errorCode
        fallback
        model
        scripted
        promptVersion
        modelCalls
        promptTokens
        completionTokens
        usageEstimated
        costMicros
        latencyMs
        firstTokenMs
        truncated
        toolCalls
        calls
        runs
      }
      runs {
        id
        status
        callCount
        durationMs
        tokensReturned
        tokensKeptOut
        startedAt
      }
    }
  }
`);

export type ConversationRow = ConversationsQuery['conversations']['items'][number];
export type Conversation = ConversationQuery['conversation'];
export type ChatMessage = Conversation['messages'][number];

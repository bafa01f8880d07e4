import { graphql } from '../gql/index.ts';
import type { ChatSettingsPageQuery } from '../gql/graphql.ts';

export const ChatSettingsDocument = graphql(`
  query ChatSettingsPage {
    chatSettings {
      baseUrl
      model
      hasKey
      onCodeFailure
      maxMends
      provider
      scripted
    }
    chatPrompts {
      version
      text
      tokens
    }
  }
`);

export const SamplingDocument = graphql(`
  query Sampling {
    sampling {
      shadowBasisPoints
      shadowBudgetMicros
      shadowRunsPerDay
      gradingBasisPoints
      updatedByName
      updatedAt
    }
  }
`);

export const SetChatSettingsDocument = graphql(`
  mutation SetChatSettings($input: ChatSettingsInput!) {
    setChatSettings(input: $input) {
      hasKey
    }
  }
`);

export const SetSamplingDocument = graphql(`
  mutation SetSampling($input: SetSampling!) {
    setSampling(input: $input) {
      shadowBasisPoints
    }
  }
`);

export type Settings = ChatSettingsPageQuery['chatSettings'];
export type Prompt = ChatSettingsPageQuery['chatPrompts'][number];

import { graphql } from '../gql/index.ts';
import type { PrivacyQuery } from '../gql/graphql.ts';

export const PrivacyDocument = graphql(`
  query Privacy {
    privacySettings {
      enabled
      kinds
      country
      exemptFields
      patterns {
        kind
        mask
      }
      withheldFrom
      keptDays
    }
  }
`);

export const MaskedDocument = graphql(`
  query Masked($days: Int!) {
    maskedCounts(days: $days) {
      place
      field
      kind
      count
    }
  }
`);

export const SetPrivacyDocument = graphql(`
  mutation SetPrivacy($input: PrivacySettingsInput!) {
    setPrivacySettings(input: $input) {
      enabled
    }
  }
`);

export type PrivacyData = PrivacyQuery['privacySettings'];

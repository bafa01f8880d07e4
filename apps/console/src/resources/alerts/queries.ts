import { graphql } from '../../gql/index.ts';
import type { AlertsQuery, DestinationsQuery } from '../../gql/graphql.ts';

export const AlertsDocument = graphql(`
  query Alerts($open: Boolean, $cursor: String, $limit: Int!) {
    alerts(open: $open, cursor: $cursor, limit: $limit) {
      next
      items {
        ...AlertRow
      }
    }
  }
  fragment AlertRow on Alert {
    id
    kind
    title
    message
    data
    at
    acknowledgedAt
    acknowledgedBy
    deliveries {
      id
      channel
      target
      status
      attempts
      nextAt
      lastError
      sentAt
    }
  }
`);

export const OpenAlertsDocument = graphql(`
  query OpenAlerts {
    openAlerts
  }
`);

export const DestinationsDocument = graphql(`
  query Destinations {
    budget {
      webhookUrl
      emails
      emailReady
    }
  }
`);

export const SetDestinationsDocument = graphql(`
  mutation SetDestinations($input: BudgetInput!) {
    setBudget(input: $input) {
      webhookSecret
    }
  }
`);

export const RotateSecretDocument = graphql(`
  mutation RotateWebhookSecret {
    rotateWebhookSecret
  }
`);

export const TestAlertsDocument = graphql(`
  mutation TestAlerts {
    testAlerts {
      ...AlertRow
    }
  }
`);

export const AcknowledgeDocument = graphql(`
  mutation AcknowledgeAlert($id: ID!) {
    acknowledgeAlert(id: $id) {
      id
    }
  }
`);

export const SendAgainDocument = graphql(`
  mutation SendAlertAgain($deliveryId: ID!) {
    sendAlertAgain(deliveryId: $deliveryId) {
      id
    }
  }
`);

export type AlertRow = AlertsQuery['alerts']['items'][number];
export type Delivery = AlertRow['deliveries'][number];
export type Destinations = DestinationsQuery['budget'];

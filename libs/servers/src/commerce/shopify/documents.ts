/** Written against version 2026-07 of the Admin schema; the spec validates each against it. */

const MONEY = 'shopMoney { amount currencyCode }';

const ORDER = `
  id
  name
  email
  createdAt
  updatedAt
  cancelledAt
  displayFinancialStatus
  displayFulfillmentStatus
  currentTotalPriceSet { ${MONEY} }
  customer { displayName }
  lineItems(first: 100) {
    nodes { sku name currentQuantity originalUnitPriceSet { ${MONEY} } }
  }`;

const VARIANT = `
  id
  sku
  title
  price
  inventoryQuantity
  inventoryPolicy
  updatedAt
  inventoryItem { tracked }
  selectedOptions { name value }
  product { id title description vendor productType status updatedAt }`;

export const PROBE = `query Probe {
  shop { name currencyCode }
  orders(first: 1) { nodes { id } }
  productVariants(first: 1) { nodes { id } }
}`;

export const ORDER_BY_ID = `query OrderById($id: ID!) { order(id: $id) { ${ORDER} } }`;

export const ORDERS = `query Orders($first: Int!, $query: String!) {
  orders(first: $first, query: $query, sortKey: CREATED_AT, reverse: true) { nodes { ${ORDER} } }
}`;

export const SHIPMENTS = `query Shipments($id: ID!) {
  order(id: $id) {
    fulfillments(first: 50) {
      status
      displayStatus
      createdAt
      deliveredAt
      trackingInfo(first: 20) { company number url }
    }
  }
}`;

export const VARIANTS = `query Variants($first: Int!, $after: String, $query: String!) {
  shop { currencyCode }
  productVariants(first: $first, after: $after, query: $query, sortKey: ID) {
    nodes { ${VARIANT} }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** By its id and not by a search, whose index lags behind. */
export const PRODUCT = `query Product($id: ID!, $after: String) {
  shop { currencyCode }
  product(id: $id) {
    status
    variants(first: 100, after: $after) { nodes { ${VARIANT} } pageInfo { hasNextPage endCursor } }
  }
}`;

export const WEBHOOKS = `query Webhooks($uri: String!, $after: String) {
  webhookSubscriptions(first: 100, after: $after, uri: $uri) {
    nodes { id topic uri }
    pageInfo { hasNextPage endCursor }
  }
}`;

export const SUBSCRIBE = `mutation Subscribe($topic: WebhookSubscriptionTopic!, $subscription: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $subscription) { userErrors { field message } }
}`;

export const UNSUBSCRIBE = `mutation Unsubscribe($id: ID!) {
  webhookSubscriptionDelete(id: $id) { userErrors { field message } }
}`;

export const ABANDONED = `query Abandoned($first: Int!, $after: String, $query: String!) {
  abandonedCheckouts(first: $first, after: $after, query: $query, sortKey: CREATED_AT) {
    nodes {
      id
      abandonedCheckoutUrl
      createdAt
      updatedAt
      completedAt
      customer { defaultEmailAddress { emailAddress } }
      totalPriceSet { ${MONEY} }
      lineItems(first: 100) { nodes { sku title quantity } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`;

export const CUSTOMER = `query Customer($email: String!) {
  customerByIdentifier(identifier: { emailAddress: $email }) { id }
}`;

export const SET_EMAIL_CONSENT = `mutation SetEmailConsent($input: CustomerEmailMarketingConsentUpdateInput!) {
  customerEmailMarketingConsentUpdate(input: $input) { userErrors { field message } }
}`;

export const SET_SMS_CONSENT = `mutation SetSmsConsent($input: CustomerSmsMarketingConsentUpdateInput!) {
  customerSmsMarketingConsentUpdate(input: $input) { userErrors { field message } }
}`;

export const SET_LANGUAGE = `mutation SetLanguage($input: CustomerInput!) {
  customerUpdate(input: $input) { userErrors { field message } }
}`;

export const START_BULK = `mutation StartBulk($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: false) {
    bulkOperation { id }
    userErrors { field message }
  }
}`;

/** By its id: `currentBulkOperation` is deprecated, and might be somebody else's. */
export const BULK = `query Bulk($id: ID!) { bulkOperation(id: $id) { status errorCode url } }`;

/** What a bulk operation reads: every variant of what is sold. No connection within, so that the order of lines is none. */
export const BULK_VARIANTS = `{
  productVariants(query: "product_status:active") { edges { node { ${VARIANT} } } }
}`;

export const DOCUMENTS = {
  PROBE,
  ORDER_BY_ID,
  ORDERS,
  SHIPMENTS,
  VARIANTS,
  PRODUCT,
  WEBHOOKS,
  SUBSCRIBE,
  UNSUBSCRIBE,
  ABANDONED,
  CUSTOMER,
  SET_EMAIL_CONSENT,
  SET_SMS_CONSENT,
  SET_LANGUAGE,
  START_BULK,
  BULK,
  BULK_VARIANTS,
} as const;

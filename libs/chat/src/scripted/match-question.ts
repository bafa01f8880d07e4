import { matched, type Matched } from './skill.ts';
import { abandonedCarts, catalogueSync, eventReport } from './shop-skills.ts';
import { counting, extremes, product, range, search } from './skills.ts';
import { nearSku, orderTotal, priceAndStock, ranked, split, unknownCategory } from './suite-skills.ts';
import { deployment, issueFromDocument, largeOrders } from './workflow-skills.ts';

/** The first skill that takes the question; undefined for small talk and what is not of the catalogue. */
export const matchQuestion = (question: string): Matched | undefined =>
  matched(issueFromDocument, question) ??
  matched(largeOrders, question) ??
  matched(deployment, question) ??
  matched(abandonedCarts, question) ??
  matched(catalogueSync, question) ??
  matched(eventReport, question) ??
  matched(orderTotal, question) ??
  matched(nearSku, question) ??
  matched(priceAndStock, question) ??
  matched(unknownCategory, question) ??
  matched(split, question) ??
  matched(ranked, question) ??
  matched(counting, question) ??
  matched(extremes, question) ??
  matched(range, question) ??
  matched(product, question) ??
  matched(search, question);

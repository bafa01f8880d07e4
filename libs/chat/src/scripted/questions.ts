/** A question about the demo tenant's catalogue that the scripted model answers with real tool calls and real code. */
export interface SampleQuestion {
  readonly id: string;
  readonly category:
    | 'exact_sku'
    | 'category'
    | 'price_range'
    | 'stock'
    | 'comparison'
    | 'aggregation'
    | 'search'
    | 'unknown'
    | 'small_talk';
  readonly text: string;
  /** Whether tools are needed to answer it at all. */
  readonly needsTools: boolean;
}

const ask = (id: string, category: SampleQuestion['category'], text: string, needsTools = true): SampleQuestion => ({
  id,
  category,
  text,
  needsTools,
});

/** Shown in the console, put to both arms by comparisons. A comparison may add its own. */
export const SAMPLE_QUESTIONS: readonly SampleQuestion[] = [
  ask('sku-details', 'exact_sku', 'What can you tell me about A4VTG90?'),
  ask('sku-price', 'exact_sku', 'How much does the A4VTG90 cost?'),
  ask('sku-stock', 'stock', 'Is AZPF11 in stock?'),
  ask('sku-lower-case', 'exact_sku', 'price of a4vtg90 please'),
  ask('category-list', 'category', 'Which gear pumps do you have?'),
  ask('category-in-stock', 'stock', 'Show me vane pumps that are in stock.'),
  ask('price-range', 'price_range', 'Pressure sensors under 120 EUR, please.'),
  ask('price-range-stock', 'price_range', 'Hydraulic filters below 80 EUR that are in stock'),
  ask('comparison', 'comparison', 'Compare A4VTG90 and A10VSO90.'),
  ask('count', 'aggregation', 'How many deep groove ball bearings do you have in stock, and what are they worth?'),
  ask('average', 'aggregation', 'What is the average price of your hydraulic hoses?'),
  ask('cheapest', 'aggregation', 'What are the cheapest ball valves?'),
  ask('dearest', 'aggregation', 'Which are the most expensive servo motors?'),
  ask('words', 'search', 'I need a quiet pump for a press'),
  ask('words-sensor', 'search', 'I am looking for an inductive proximity sensor'),
  ask('unknown-sku', 'unknown', 'Do you have the flux capacitor FLX-9000?'),
  ask('small-talk', 'small_talk', 'Hello!', false),
  ask('thanks', 'small_talk', 'Thanks, that is all.', false),
];

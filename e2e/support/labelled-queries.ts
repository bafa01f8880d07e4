/** What people type into the search of the demo catalogue, and which products they then mean. Written by hand, by what the products are: never by what some search finds. */
export interface Labelled {
  readonly kind: 'exact SKU' | 'misspelt' | 'semantic' | 'category' | 'price range';
  readonly query: string;
  /** Major units; the search is told so too. */
  readonly maxPrice?: number;
  readonly means: (product: Product) => boolean;
}

export interface Product {
  readonly sku: string;
  readonly category: string;
  readonly price: number;
  readonly description: string;
}

const of =
  (...categories: string[]) =>
  (product: Product): boolean =>
    categories.includes(product.category);

const MISSPELT: readonly [string, ...string[]][] = [
  ['hydralic axial piston pmp', 'Axial piston pumps'],
  ['gaer pump', 'Gear pumps'],
  ['vain pump', 'Vane pumps'],
  ['centrifugl water pump', 'Centrifugal pumps'],
  ['diafragm dosing pump', 'Dosing pumps'],
  ['orbitel motor', 'Orbital motors'],
  ['three fase electric moter', 'Electric motors'],
  ['brushles servo motr', 'Servo motors'],
  ['directionel control valv', 'Directional control valves'],
  ['proportionel valve', 'Proportional valves'],
  ['presure releif valve', 'Pressure relief valves'],
  ['inlne chek valve', 'Check valves'],
  ['pnumatic solenoid valve', 'Pneumatic valves'],
  ['deep grove ball baring', 'Deep groove ball bearings'],
  ['tapred roller bearing', 'Tapered roller bearings'],
  ['cilindrical roler bearing', 'Cylindrical roller bearings'],
  ['nedle bearing', 'Needle bearings'],
  ['linear gide carriage', 'Linear bearings'],
  ['presure sensr', 'Pressure sensors'],
  ['temprature sensor', 'Temperature sensors'],
  ['indutive proximty sensor', 'Proximity sensors'],
  ['o-rng seel', 'O-rings'],
  ['cuting ring fiting', 'Tube fittings'],
  ['hydrolic hoze', 'Hydraulic hoses'],
  ['acumulator blader', 'Accumulators'],
  ['frequensy drive', 'Frequency drives'],
];

const SEMANTIC: readonly [string, ...string[]][] = [
  ['something that measures how hot the oil gets', 'Temperature sensors'],
  ['what tells me that the tank is nearly empty', 'Level sensors'],
  ['stop oil flowing backwards in a line', 'Check valves'],
  ['protect my circuit from too much pressure', 'Pressure relief valves'],
  ['switch a cylinder in and out', 'Directional control valves', 'Pneumatic valves'],
  ['keep a feed at constant speed', 'Flow control valves'],
  ['detect the end position of a cylinder', 'Proximity sensors'],
  ['change attachments on my excavator quickly', 'Quick couplings'],
  ['repair a leaking cylinder', 'Seal kits'],
  ['clean the oil returning to the tank', 'Hydraulic filters', 'Filter elements'],
  ['dry compressed air for the workshop', 'Compressed air filters'],
  ['control the speed of an electric motor', 'Frequency drives'],
  ['connect a motor to a pump shaft', 'Shaft couplings'],
  ['emergency supply when the pump fails', 'Accumulators'],
  ['pump for acids and flocculants', 'Dosing pumps'],
  ['irrigation of a field with water', 'Centrifugal pumps'],
  ['quiet pump for machine tools', 'Vane pumps'],
  ['drive for a winch', 'Hydraulic motors'],
  ['slow drive for a sweeper', 'Orbital motors'],
  ['positioning axis of a packaging machine', 'Servo motors'],
  ['bearing for a wheel hub', 'Tapered roller bearings'],
  ['bearing for tight spaces in a gearbox', 'Needle bearings'],
  ['slide of a machine tool', 'Linear bearings'],
  ['monitor hydraulic pressure', 'Pressure sensors'],
  ['measure how much fuel flows', 'Flow meters'],
  ['static sealing of a flange', 'O-rings'],
  ['lifting and pressing with oil', 'Hydraulic cylinders'],
  ['clamp parts on an assembly line with air', 'Pneumatic cylinders'],
  ['mixer drive with gearbox', 'Gear motors'],
  ['shut off a high pressure line', 'Ball valves'],
  ['seal a rotating shaft in a gearbox', 'Shaft seals'],
  ['tubing connector for pneumatics without tools', 'Push-in fittings'],
  ['smooth motion of a lift', 'Proportional valves'],
];

const CATEGORY: readonly [string, (product: Product) => boolean][] = [
  ['gear pumps', of('Gear pumps')],
  ['seal kits', of('Seal kits')],
  ['quick couplings', of('Quick couplings')],
  ['rotary shaft seals FKM', (p) => of('Shaft seals')(p) && p.description.includes('FKM')],
  ['gear pump aluminium', (p) => of('Gear pumps')(p) && p.description.includes('aluminium')],
  ['level sensors IO-Link', (p) => of('Level sensors')(p) && p.description.includes('IO-Link')],
  ['check valves brass', (p) => of('Check valves')(p) && p.description.includes('brass')],
  ['electric motors IE4', (p) => of('Electric motors')(p) && p.description.includes('IE4')],
  ['bearings', (p) => p.category.endsWith('bearings')],
  ['sensors', (p) => p.category.endsWith('sensors')],
  ['hydraulic pumps', of('Axial piston pumps', 'Gear pumps', 'Vane pumps')],
  ['pneumatic cylinders', of('Pneumatic cylinders')],
  ['temperature sensor Pt1000', (p) => of('Temperature sensors')(p) && p.description.includes('Pt1000')],
  ['o-ring EPDM', (p) => of('O-rings')(p) && p.description.includes('EPDM')],
  ['ball valves', of('Ball valves')],
];

const PRICE: readonly [string, number, ...string[]][] = [
  ['gear pump', 150, 'Gear pumps'],
  ['axial piston pump', 1_000, 'Axial piston pumps'],
  ['electric motor', 200, 'Electric motors'],
  ['deep groove ball bearing', 5, 'Deep groove ball bearings'],
  ['needle bearing', 4, 'Needle bearings'],
  ['pressure sensor', 90, 'Pressure sensors'],
  ['check valve', 20, 'Check valves'],
  ['hydraulic hose', 12, 'Hydraulic hoses'],
  ['quick coupling', 20, 'Quick couplings'],
  ['pneumatic cylinder', 50, 'Pneumatic cylinders'],
  ['frequency drive', 300, 'Frequency drives'],
  ['o-ring', 0.5, 'O-rings'],
  ['push-in fitting', 2, 'Push-in fittings'],
  ['ball valve', 30, 'Ball valves'],
  ['accumulator', 250, 'Accumulators'],
];

/** As people write a SKU: as it is, in small letters, with a space. */
const spellings = [
  (sku: string): string => sku,
  (sku: string): string => sku.toLowerCase(),
  (sku: string): string => sku.replace(/([A-Za-z])(\d)/, '$1 $2'),
];

export function labelledQueries(products: readonly Product[]): Labelled[] {
  const skus = products.filter((_, index) => index % 200 === 7).map((product) => product.sku);
  const wordy =
    (kind: 'misspelt' | 'semantic') =>
    ([query, ...categories]: readonly [string, ...string[]]): Labelled => ({
      kind,
      query,
      means: of(...categories),
    });
  return [
    ...skus.map((sku, index): Labelled => ({
      kind: 'exact SKU',
      query: spellings[index % spellings.length]?.(sku) ?? sku,
      means: (product) => product.sku === sku,
    })),
    ...MISSPELT.map(wordy('misspelt')),
    ...SEMANTIC.map(wordy('semantic')),
    ...CATEGORY.map(([query, means]): Labelled => ({ kind: 'category', query, means })),
    ...PRICE.map(([query, maxPrice, ...categories]): Labelled => ({
      kind: 'price range',
      query,
      maxPrice,
      means: (product) => of(...categories)(product) && product.price <= maxPrice,
    })),
  ];
}

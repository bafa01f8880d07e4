/**
 * Kinds of parts of the demo catalogue. `{name}` stands for the value of that attribute; the first value of the first
 * attribute with the first SKU is the family's first product. Makers are made up.
 */
export interface Family {
  readonly category: string;
  readonly noun: string;
  /** Each gives different SKUs for different sizes. */
  readonly skus: readonly string[];
  readonly use: string;
  /** Lowest and highest price, in major units. */
  readonly price: readonly [number, number];
  /** The first one is the size, and part of the SKU. */
  readonly attributes: Readonly<Record<string, readonly (string | number)[]>>;
}

const family = (
  category: string,
  noun: string,
  skus: string,
  use: string,
  price: readonly [number, number],
  attributes: Family['attributes'],
): Family => ({ category, noun, skus: skus.split(' '), use, price, attributes });

const BAR = [160, 210, 250, 280, 315, 350, 400];
const BORE = [10, 12, 15, 17, 20, 25, 30, 35, 40, 50, 60];
const THREAD = ['G1/8', 'G1/4', 'G3/8', 'G1/2', 'G3/4', 'G1'];
const SIGNAL = ['4-20 mA', '0-10 V', 'IO-Link', 'PNP', 'CANopen'];
const VOLT = ['12 V DC', '24 V DC', '110 V AC', '230 V AC'];
const STEEL = ['steel', 'stainless steel', 'brass'];
const RUBBER = ['NBR', 'FKM', 'EPDM', 'PTFE', 'polyurethane'];

// One kind of part in one line.
// prettier-ignore
export const FAMILIES: readonly Family[] = [
  family('Axial piston pumps', 'Hydraulic axial piston pump', 'A4VTG{displacementCc} A10VSO{displacementCc} A4VG{displacementCc}', 'closed and open circuits of mobile machines', [780, 4200], { displacementCc: [90, 28, 45, 56, 71, 125, 140, 180], pressureBar: [280, 350, 400], maxRpm: [2200, 2600, 3050], shaft: ['splined', 'keyed'] }),
  family('Gear pumps', 'Hydraulic gear pump', 'AZPF{displacementCc} PGP{displacementCc} GP2-{displacementCc}', 'steering and lifting hydraulics', [95, 640], { displacementCc: [11, 4, 8, 14, 16, 19, 22, 28], pressureBar: BAR, rotation: ['clockwise', 'counter-clockwise'], housing: ['aluminium', 'cast iron'] }),
  family('Vane pumps', 'Hydraulic vane pump', 'PVV4-{displacementCc} VQ25-{displacementCc}', 'quiet supply of presses and machine tools', [310, 1450], { displacementCc: [40, 18, 27, 55, 69, 82, 98, 113], pressureBar: [140, 175, 210], noiseDbA: [62, 65, 68] }),
  family('Centrifugal pumps', 'Centrifugal water pump', 'CPW{flowM3h} NKE{flowM3h}', 'cooling water and irrigation', [240, 2900], { flowM3h: [25, 6, 10, 16, 40, 63, 100, 160], headM: [12, 24, 38, 55], powerKw: [1.1, 2.2, 4, 7.5], casing: ['cast iron', 'stainless steel'] }),
  family('Dosing pumps', 'Diaphragm dosing pump', 'DDP{flowLh} GMX{flowLh}', 'metering of acids, alkalis and flocculants', [290, 1300], { flowLh: [12, 2, 5, 25, 50, 120], pressureBar: [4, 10, 16], diaphragm: ['PTFE', 'EPDM'], supply: VOLT }),
  family('Hydraulic motors', 'Hydraulic axial piston motor', 'A2FM{displacementCc} A6VM{displacementCc}', 'travel and winch drives', [620, 3900], { displacementCc: [63, 23, 32, 45, 80, 107, 160, 200], pressureBar: [350, 400, 450], torqueNm: [180, 320, 510, 890] }),
  family('Orbital motors', 'Hydraulic orbital motor', 'OMR{displacementCc} OMP{displacementCc}', 'slow drives of conveyors and sweepers', [165, 690], { displacementCc: [100, 50, 80, 125, 160, 200, 250, 315], torqueNm: [100, 240, 330, 420], maxRpm: [250, 380, 600] }),
  family('Electric motors', 'Three-phase electric motor', 'M3AA{frame} 1LE{frame}', 'pumps, fans and conveyors', [130, 3400], { frame: [112, 71, 80, 90, 100, 132, 160, 180], powerKw: [0.55, 1.5, 4, 7.5, 15, 22], poles: [2, 4, 6], efficiency: ['IE3', 'IE4'] }),
  family('Servo motors', 'Brushless servo motor', 'SMH{frame} MSK{frame}', 'positioning axes of packaging machines', [390, 2700], { frame: [80, 40, 60, 100, 130, 180], torqueNm: [1.3, 2.4, 4.8, 9.5, 18], maxRpm: [3000, 4500, 6000], encoder: ['absolute', 'resolver'] }),
  family('Directional control valves', 'Hydraulic directional control valve', '4WE{size} D1VW{size} DG4V{size}', 'switching of cylinders and motors', [85, 940], { size: [6, 10, 16, 22, 25, 32], spool: ['D', 'E', 'G', 'H', 'J'], pressureBar: BAR, supply: VOLT }),
  family('Proportional valves', 'Proportional directional valve', '4WRE{size} KBSD{size}', 'smooth motion of presses and lifts', [540, 3100], { size: [6, 10, 16, 25, 32], flowLmin: [15, 26, 50, 100], hysteresisPercent: [0.1, 2, 5], signal: SIGNAL }),
  family('Pressure relief valves', 'Hydraulic pressure relief valve', 'DBDS{size} RV{size}S', 'protection of pumps and circuits', [48, 520], { size: [10, 6, 8, 15, 20, 25, 30], pressureBar: BAR, adjustment: ['screw', 'knob', 'lockable'] }),
  family('Check valves', 'Inline check valve', 'S{size}A RHZ{size} CVI{size}', 'blocking of the return flow', [14, 260], { size: [10, 6, 8, 15, 20, 25, 30], crackingBar: [0.5, 1, 3, 5], material: STEEL }),
  family('Flow control valves', 'Hydraulic flow control valve', '2FRM{size} MG{size}G', 'constant speed of feeds', [72, 780], { size: [6, 5, 10, 16, 20, 25], flowLmin: [3, 10, 25, 60, 160], compensation: ['pressure', 'none'] }),
  family('Pneumatic valves', 'Pneumatic solenoid valve', 'VUVG{size} SY{size} PVL{size}', 'switching of compressed air', [28, 310], { size: [10, 3, 5, 14, 18, 20, 26], function: ['3/2', '5/2', '5/3'], supply: VOLT, flowNlMin: [220, 480, 780, 1300] }),
  family('Deep groove ball bearings', 'Deep groove ball bearing', '62{code}-2RS 60{code}-ZZ 63{code}-C3', 'motors, gearboxes and rollers', [2.4, 96], { code: ['05', '00', '01', '02', '03', '04', '06', '07', '08', '10'], boreMm: BORE, cage: ['steel', 'brass', 'polyamide'] }),
  family('Tapered roller bearings', 'Tapered roller bearing', '302{code} 322{code} 320{code}X', 'wheel hubs and gear shafts', [6, 160], { code: ['05', '04', '06', '07', '08', '09', '10', '12'], boreMm: BORE, dynamicKn: [27, 40, 56, 78] }),
  family('Cylindrical roller bearings', 'Cylindrical roller bearing', 'NU2{code}E NJ3{code}', 'high radial loads in electric machines', [11, 290], { code: ['05', '04', '06', '07', '08', '09', '10', '12'], boreMm: BORE, cage: ['steel', 'brass', 'polyamide'] }),
  family('Needle bearings', 'Needle roller bearing', 'HK{code} NA49{code} RNA{code}', 'tight spaces in gearboxes', [1.9, 48], { code: ['20', '10', '12', '15', '16', '18', '25', '30'], widthMm: [10, 12, 16, 20], sealed: ['yes', 'no'] }),
  family('Linear bearings', 'Linear guide carriage', 'HGH{size}CA KWVE{size}', 'slides of machine tools and handling', [22, 280], { size: [20, 15, 25, 30, 35, 45], preload: ['light', 'medium'], loadKn: [11, 18, 28, 42] }),
  family('Pressure sensors', 'Pressure sensor', 'HDA{rangeBar} PT{rangeBar} PN{rangeBar}', 'monitoring of hydraulic pressure', [68, 420], { rangeBar: [250, 10, 25, 60, 100, 160, 400, 600], signal: SIGNAL, connection: THREAD, accuracyPercent: [0.25, 0.5, 1] }),
  family('Temperature sensors', 'Temperature sensor', 'TS{lengthMm} PT100-{lengthMm}', 'oil and bearing temperature', [21, 190], { lengthMm: [50, 30, 80, 100, 150, 200], signal: SIGNAL, element: ['Pt100', 'Pt1000', 'type K'] }),
  family('Proximity sensors', 'Inductive proximity sensor', 'IFM{size} BES{size} NBB{size}', 'end positions of cylinders', [18, 140], { size: [12, 4, 8, 18, 30], rangeMm: [2, 4, 8, 15], signal: ['PNP', 'NPN', 'IO-Link'], mounting: ['flush', 'non-flush'] }),
  family('Flow meters', 'Gear flow meter', 'VSE{flowLmin} EVS{flowLmin}', 'measuring flow of oil and fuel', [410, 2600], { flowLmin: [60, 2, 10, 20, 150, 300, 600], accuracyPercent: [0.3, 0.5, 2], signal: SIGNAL }),
  family('O-rings', 'O-ring seal', 'OR{innerMm}X3 ORM{innerMm}X2', 'static sealing of flanges and covers', [0.15, 9.5], { innerMm: [20, 5, 8, 10, 12, 16, 25, 32, 40, 50, 63], material: RUBBER, hardnessShoreA: [70, 80, 90] }),
  family('Hydraulic filters', 'Hydraulic return line filter', 'RFM{flowLmin} DF{flowLmin} LF{flowLmin}', 'clean oil of tanks and power packs', [46, 780], { flowLmin: [150, 30, 60, 110, 240, 330, 500], finenessUm: [3, 5, 10, 20], indicator: ['visual', 'electrical', 'none'] }),
  family('Filter elements', 'Filter element', '0{code}R010 HC94{code}', 'replacement in return line filters', [12, 190], { code: ['160', '060', '110', '240', '330', '500', '660'], finenessUm: [3, 5, 10, 20], media: ['glass fibre', 'paper', 'wire mesh'] }),
  family('Compressed air filters', 'Compressed air filter', 'AF{size} MS{size}-LF', 'dry and clean compressed air', [24, 260], { size: [30, 10, 20, 40, 60, 80], finenessUm: [0.01, 5, 40], drain: ['manual', 'automatic'] }),
  family('Tube fittings', 'Cutting ring tube fitting', 'GE{tubeMm}LR WE{tubeMm}L TE{tubeMm}S', 'pipes of hydraulic systems', [1.8, 58], { tubeMm: [12, 6, 8, 10, 15, 18, 22, 28], thread: THREAD, material: STEEL }),
  family('Hydraulic hoses', 'Hydraulic hose', '2SN{size} 4SP{size} 1SC{size}', 'pressure lines between pump and valve', [7, 140], { size: [12, 6, 8, 10, 16, 20, 25, 32], pressureBar: BAR, lengthM: [0.5, 1, 2, 5, 10] }),
  family('Quick couplings', 'Quick-release hydraulic coupling', 'QRC{size} FEM{size}', 'changing attachments of tractors and excavators', [13, 240], { size: [10, 6, 13, 20, 25, 30], material: STEEL, pressureBar: BAR, face: ['flat', 'poppet'] }),
  family('Hydraulic cylinders', 'Double-acting hydraulic cylinder', 'CDT3-{boreMm} HZ{boreMm}', 'lifting, pressing and clamping', [120, 2300], { boreMm: [63, 25, 32, 40, 50, 80, 100, 125], strokeMm: [50, 100, 250, 400, 800], pressureBar: [160, 210, 250], mounting: ['clevis', 'flange', 'trunnion'] }),
  family('Pneumatic cylinders', 'Pneumatic cylinder', 'DSBC{boreMm} ADN{boreMm} CP96-{boreMm}', 'pushing and clamping in assembly lines', [32, 480], { boreMm: [32, 12, 16, 20, 25, 40, 50, 63], strokeMm: [25, 50, 100, 200, 320], cushioning: ['elastic', 'adjustable'] }),
  family('Frequency drives', 'Variable frequency drive', 'ACS{powerCode} FC{powerCode} VLT{powerCode}', 'speed control of electric motors', [190, 4600], { powerCode: [55, 7, 11, 15, 22, 30, 75, 110], supply: ['230 V AC', '400 V AC', '690 V AC'], fieldbus: ['PROFINET', 'EtherCAT', 'Modbus'] }),
  family('Accumulators', 'Hydraulic bladder accumulator', 'SB330-{volumeL} HAB{volumeL}', 'damping of pulsation and emergency supply', [180, 2400], { volumeL: [10, 1, 2.5, 4, 20, 32, 50], pressureBar: [210, 330, 400], bladder: ['NBR', 'FKM', 'ECO'] }),
  family('Gear motors', 'Helical gear motor', 'RF{size} SK{size}', 'conveyors and mixers', [260, 2100], { size: [47, 17, 27, 37, 57, 67, 77, 87], ratio: [5, 12, 25, 48, 96], powerKw: [0.37, 0.75, 1.5, 3, 5.5] }),
  family('Ball valves', 'High-pressure ball valve', 'KHB{size} BKH{size}', 'shut-off of pressure lines', [19, 340], { size: [13, 4, 6, 10, 16, 20, 25, 32], pressureBar: [315, 420, 500], seal: RUBBER, material: STEEL }),
  family('Level sensors', 'Oil level sensor', 'ENS{lengthMm} LMK{lengthMm}', 'reservoirs and tanks', [54, 360], { lengthMm: [250, 150, 410, 520, 730], signal: SIGNAL, connection: THREAD }),
  family('Shaft seals', 'Rotary shaft seal', 'WAS{shaftMm} BAU{shaftMm}SL', 'gearboxes and pump shafts', [2.2, 64], { shaftMm: [35, 12, 17, 20, 25, 30, 40, 45, 50, 60], material: RUBBER, lip: ['single', 'double'] }),
  family('Seal kits', 'Seal kit', 'SKT{boreMm} RKC{boreMm}', 'repair of hydraulic cylinders', [16, 230], { boreMm: [63, 32, 40, 50, 80, 100, 125, 160], material: RUBBER, parts: [5, 8, 11, 14] }),
  family('Push-in fittings', 'Push-in fitting', 'QS{tubeMm} KQ2H{tubeMm} PIF{tubeMm}', 'pneumatic tubing', [0.9, 18], { tubeMm: [8, 3, 4, 6, 10, 12, 16], thread: THREAD, shape: ['straight', 'elbow', 'tee'] }),
  family('Shaft couplings', 'Elastic shaft coupling', 'RTX{size} HRC{size}', 'connecting motors and pumps', [21, 460], { size: [38, 19, 24, 28, 42, 48, 55, 65], torqueNm: [60, 160, 325, 660], spider: ['92 Shore A', '98 Shore A', '64 Shore D'] }),
];

// prettier-ignore
export const MAKERS = [
  'Halvorsen Fluidtechnik', 'Kestrel Motion', 'Tiberon Industrial', 'Osterwald Antriebe', 'Delmara Oleodinamica',
  'Quintrell Bearings', 'Vantrick Controls', 'Solvane', 'Corvanta Pneumatics', 'Ingmarsson Sensorik', 'Ferrolis', 'Maruyoshi Seiki',
];

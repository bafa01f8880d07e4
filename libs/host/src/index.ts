export { HOST_VARIABLES, originsOf, parseEnvironment, publicUrlOf, stdioEnvironment, smtpOf } from './environment.ts';
export { FIRST_PARTY } from './first-party.ts';
export { openHost, shieldOf, type Host, type HostSettings } from './host.ts';
export { VERSION } from './version.ts';

import { spawnSync } from 'node:child_process';

/** Where OPA's command line is on this machine; empty where it is not. With CI=true it must be there. */
export const OPA: string = spawnSync('sh', ['-c', 'command -v opa'], { encoding: 'utf8' }).stdout.trim();
if (OPA === '' && process.env['CI'] === 'true') throw new Error('opa is not on the PATH, and CI leaves nothing out');

/** For a Switchyard whose tenants may send rules of their own. */
export const WITH_OPA: Readonly<Record<string, string>> = OPA === '' ? {} : { SWITCHYARD_OPA: OPA };

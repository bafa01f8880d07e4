// The policies' compiled form: `node tools/policies.mjs check` proves that policies/policy.wasm is what the Rego compiles
// to (and checks, formats and tests the Rego); `build` writes it. Node's built-ins only.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

const POLICIES = path.resolve(import.meta.dirname, '../policies');
const OPA_VERSION = fs.readFileSync(path.join(POLICIES, 'opa-version'), 'utf8').trim().slice(1);
const SOURCES = 'switchyard';
const ENTRYPOINTS = ['switchyard/decision', 'switchyard/visible'];
const COMMITTED = path.join(POLICIES, 'policy.wasm');
const HOW = `CGO_ENABLED=0 go install github.com/open-policy-agent/opa@v${OPA_VERSION}, then put it on the PATH or name it in OPA`;

class Problem extends Error {}

/** From the policies' folder and with relative names: the compiler writes the names it was given into the module. */
function opa(args, { show = false } = {}) {
  try {
    const output = execFileSync(process.env.OPA || 'opa', args, { cwd: POLICIES, encoding: 'utf8', stdio: 'pipe' });
    if (show) process.stdout.write(output);
    return output;
  } catch (error) {
    if (error.code === 'ENOENT') throw error;
    throw new Problem(`opa ${args[0]} failed:\n${error.stdout ?? ''}${error.stderr ?? error.message}`);
  }
}

/** The version of the opa that is here, or undefined without one. */
function findOpa() {
  try {
    return /^Version: (\S+)/m.exec(opa(['version']))?.[1];
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The one file out of a tar: 512-byte headers, name at 0, octal size at 124. */
function fromTar(tar, wanted) {
  for (let at = 0; at + 512 <= tar.length;) {
    const name = tar.toString('utf8', at, at + 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 136), 8) || 0;
    if (name.replace(/^\//, '') === wanted) return tar.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Problem(`the bundle holds no ${wanted}`);
}

/** Only the module counts: the bundle around it is thrown away. */
function compile() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchyard-policies-'));
  try {
    const bundle = path.join(folder, 'bundle.tar.gz');
    const entrypoints = ENTRYPOINTS.flatMap((name) => ['-e', name]);
    opa(['build', '-t', 'wasm', ...entrypoints, '--ignore', '*_test.rego', '-o', bundle, SOURCES]);
    return fromTar(gunzipSync(fs.readFileSync(bundle)), 'policy.wasm');
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function check() {
  opa(['check', '--strict', SOURCES]);
  opa(['fmt', '--list', '--fail', SOURCES]);
  opa(['test', SOURCES], { show: true });
  if (!fs.existsSync(COMMITTED) || !compile().equals(fs.readFileSync(COMMITTED)))
    throw new Problem('policies/policy.wasm is not what the Rego compiles to: run `node tools/policies.mjs build`');
  console.log(`policies: policy.wasm is what the Rego compiles to (OPA ${OPA_VERSION})`);
}

function build() {
  fs.writeFileSync(COMMITTED, compile());
  console.log(`policies: wrote policy.wasm, ${fs.statSync(COMMITTED).size} bytes`);
}

const commands = { check, build };
const command = commands[process.argv[2]];
const version = findOpa();
if (!command) {
  console.error('usage: node tools/policies.mjs check|build');
  process.exitCode = 2;
} else if (!version) {
  console.error(`LEFT OUT: the proof of policies/policy.wasm, for want of the OPA CLI. To have it: ${HOW}`);
  process.exitCode = process.env.CI === 'true' || command === build ? 1 : 0;
} else if (version !== OPA_VERSION) {
  console.error(
    `LEFT OUT: the proof of policies/policy.wasm, because OPA ${version} compiles differently from the pinned ${OPA_VERSION}. To have it: ${HOW}`,
  );
  process.exitCode = process.env.CI === 'true' || command === build ? 1 : 0;
} else {
  try {
    command();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Escaped, writeEscape } from '../testing/escaped.ts';
import { denoBinary, denoFlags } from './deno-binary.ts';
import type { Launch } from './launch.ts';
import { roomCommand } from './room-plan.ts';
import { Room } from './room.ts';
import { systemCallFilter } from './system-calls.ts';
import { findTools, SEARCH } from './tools.ts';
import { reservedHere, reservedUserIds, UserIds } from './user-ids.ts';

jest.setTimeout(60_000);

const { bwrap, perl } = findTools(SEARCH);
const users = reservedHere();
const filter = systemCallFilter('x64');
const canHaveRoom = process.getuid?.() === 0 && bwrap && perl && users && filter && process.arch === 'x64';

/** `return ALLOW`: a filter that lets everything pass, to see what holds without the real one. */
const NO_FILTER = Buffer.from('06000000 0000ff7f'.replaceAll(' ', ''), 'hex');
const MiB = 1024 * 1024;

const processesOf = (uid: number): number =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return new RegExp(`^Uid:\\s+${uid}\\s`, 'm').test(readFileSync(`/proc/${pid}/status`, 'utf8'));
      } catch {
        return false;
      }
    }).length;

const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('it did not come to that in 10 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

(canHaveRoom ? describe : describe.skip)('a room, whose Deno has been taken over', () => {
  const escape = writeEscape();
  const host = createServer((_request, response) => response.end('reached'));
  const opened: Room[] = [];
  let port = 0;
  const roomWith = (program: Buffer): Room => {
    const means = { bwrap: bwrap ?? '', perl: perl ?? '', filter: program, dies: [] };
    const plan = roomCommand(means, { deno: denoBinary(), boot: escape.boot });
    const room = new Room(plan, new UserIds(users ?? { first: 0, count: 0 }, Math.random));
    opened.push(room);
    return room;
  };
  const launchIn = (room: Room): Launch => ({
    ...{ command: '/deno', args: [...denoFlags(600), '/boot.js'], env: {}, room },
    limits: { dataBytes: 1200 * MiB, cpuSeconds: 60 },
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
    const address = host.address();
    port = typeof address === 'object' && address ? address.port : 0;
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((room) => room.close()));
  });
  afterAll(() => {
    host.close();
    escape.remove();
  });

  it.each([
    ['read a file of the machine', 'Deno.readTextFileSync("/etc/passwd").length'],
    ['see other processes', '[...Deno.readDirSync("/proc")].length'],
    ['enter the room’s own folder', '[...Deno.readDirSync("/room")].length'],
    ['write a file', 'Deno.writeTextFileSync("/x", "x")'],
    ['write into its bootstrap', 'Deno.writeTextFileSync("/boot.js", "x")'],
    ['write to a temporary folder', 'Deno.writeTextFileSync("/tmp/x", "x")'],
    ['start a program of the machine', 'new Deno.Command("/bin/sh", { args: ["-c", "true"] }).outputSync().code'],
    ['start the room’s interpreter', 'new Deno.Command("/room/perl", { args: ["-e", "1"] }).outputSync().code'],
  ])('and nothing but the tree holds: it cannot %s', async (_what, attack) => {
    const subject = await Escaped.start(launchIn(roomWith(NO_FILTER)));
    expect(await subject.does(attack)).toBe('refused');
  });

  it('sees nothing in its tree but Deno, its bootstrap and libraries', async () => {
    const subject = await Escaped.start(launchIn(roomWith(NO_FILTER)));
    const names = await subject.does('[...Deno.readDirSync("/")].map((entry) => entry.name)');
    expect((names as string[]).filter((name) => !/^(deno|boot\.js|dev|room|usr|lib\d*)$/.test(name))).toEqual([]);
  });

  it('and nothing but the network namespace holds: it reaches nobody', async () => {
    const subject = await Escaped.start(launchIn(roomWith(NO_FILTER)));
    expect(await subject.does(`fetch("http://127.0.0.1:${port}/").then((answer) => answer.text())`)).toBe('refused');
    expect(await subject.does('Deno.networkInterfaces().filter((each) => each.name !== "lo").length')).toBe(0);
  });

  it('and nothing but its user and process namespace hold: it signals nobody, and what it starts dies with it', async () => {
    const room = roomWith(NO_FILTER);
    const [one, other] = await Promise.all([Escaped.start(launchIn(room)), Escaped.start(launchIn(room))]);
    const [uid, otherUid] = [Number(await one.does('Deno.uid()')), Number(await other.does('Deno.uid()'))];
    expect(new Set([uid, otherUid, 0, 65_534]).size).toBe(4);
    expect(uid).toBeGreaterThanOrEqual(users?.first ?? 0);
    // kill(-1): everybody whom it may signal. With clone it has a child to survive it.
    const child = await one.does(
      'new Deno.Command("/deno", { args: ["eval", "for (;;);"], stdin: "null", stdout: "null" }).spawn().pid',
    );
    expect(child).toBeGreaterThan(0);
    await until(() => processesOf(uid) >= 2);
    for (let pid = 1; pid < 40; pid++) if (pid !== 1 && pid !== child) await one.does(`call(62, ${pid}, 9)`);
    expect(await other.does('1 + 1')).toBe(2);
    await one.kill();
    await until(() => processesOf(uid) === 0);
    expect(await other.does('call(62, -1, 9)')).toBeDefined();
    const third = await Escaped.start(launchIn(room)); // the room itself lives
    expect(await third.does('1 + 1')).toBe(2);
  });

  it('and nothing but the lost capabilities hold: no other user, no mount, no host name', async () => {
    const subject = await Escaped.start(launchIn(roomWith(NO_FILTER)));
    for (const attack of [
      'call(105, 0)',
      'call(161, 0)',
      'call(165, 0, 0, 0, 0, 0)',
      'call(170, 0, 0)',
      'call(101, 16, 1)',
    ])
      expect([attack, await subject.does(attack)]).toEqual([attack, -1]);
    expect(await subject.does('call(157, 39)')).toBe(1); // no new privileges
  });

  it.each([
    ['fork', 57],
    ['vfork', 58],
    ['clone, without CLONE_THREAD', 56, 17],
    ['clone3', 435],
    ['socket', 41, 1, 1],
    ['connect', 42],
    ['bind', 49],
    ['kill', 62, 1, 0],
    ['tkill', 200, 1, 0],
    ['ptrace', 101],
    ['process_vm_readv', 310],
    ['pidfd_open', 434, 1],
    ['unshare', 272, 0x10000000],
    ['setns', 308],
    ['mount', 165],
    ['chroot', 161],
    ['setuid', 105, 2_000_000_000],
    ['keyctl', 250],
    ['add_key', 248],
    ['bpf', 321],
    ['io_uring_setup', 425, 1],
    ['perf_event_open', 298],
    ['userfaultfd', 323],
    ['memfd_create', 319],
    ['execveat', 322],
    ['shmget', 29, 0, 4096, 0o1600],
    ['msgget', 68, 0, 0o1600],
    ['mq_open', 240],
    ['personality', 135, 0xffffffff],
    ['mkdir', 83],
    ['inotify_init1', 294],
    ['seccomp', 317],
    ['the x32 getpid', 0x40000027],
    ['a call of the future', 999],
  ])('is refused the system call %s', async (_name, ...args) => {
    const subject = await Escaped.start(launchIn(roomWith(filter ?? NO_FILTER)));
    expect(await subject.does(`call(${args.join(', ')})`)).toBe(-1);
    expect(await subject.does('call(39)')).toBe(1); // getpid works, so the calls arrive
  });

  it('has no more threads than its user may have', async () => {
    const subject = await Escaped.start(launchIn(roomWith(filter ?? NO_FILTER)));
    const workers = `Promise.all(Array.from({ length: 200 }, () => new Worker("data:text/javascript,postMessage(1)", { type: "module" })).map((w) => new Promise((yes) => { w.onmessage = yes; w.onerror = yes })))`;
    expect(await Promise.race([subject.does(workers), subject.gone.then(() => 'ended')])).toBe('ended');
  });

  it('dies with the room’s first process, and the next one is in a room anew', async () => {
    const room = roomWith(filter ?? NO_FILTER);
    const subject = await Escaped.start(launchIn(room));
    const uid = Number(await subject.does('Deno.uid()'));
    void subject.does('loop()');
    expect(processesOf(uid)).toBe(1);
    process.kill((await room.opened()).keeperPid, 'SIGKILL');
    await subject.gone;
    await until(() => processesOf(uid) === 0);
    const next = await Escaped.start(launchIn(room));
    expect(await next.does('1 + 1')).toBe(2);
  });

  it('leaves nothing behind', async () => {
    const room = roomWith(filter ?? NO_FILTER);
    const before = readdirSync('/proc/self/fd').length;
    for (let round = 0; round < 3; round++) {
      const all = await Promise.all(Array.from({ length: 4 }, () => Escaped.start(launchIn(room))));
      await Promise.all(all.map((each) => each.kill()));
    }
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before + 5); // the room's own
    const { keeperPid } = await room.opened();
    await room.close();
    await until(() => !isAlive(keeperPid));
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`switchyard-room-${process.pid}-`))).toEqual([]);
  });
});

describe('user ids', () => {
  it('come from a range that nobody uses, as far as this machine knows users', () => {
    expect(reservedUserIds('         0          0 4294967295\n')).toEqual({ first: 2_000_000_000, count: 100_000_000 });
    expect(reservedUserIds('0 100000 65536')).toMatchObject({ first: 60_600 });
    expect(reservedUserIds('0 1000 1')).toBeNull();
  });

  it('are one sandbox’s at a time', () => {
    const ids = new UserIds({ first: 10, count: 3 }, () => 0.99);
    const all = [ids.lend(), ids.lend(), ids.lend()];
    expect([...all].sort()).toEqual([10, 11, 12]);
    expect(() => ids.lend()).toThrow('in use');
    ids.giveBack(11);
    expect(ids.lend()).toBe(11);
  });
});

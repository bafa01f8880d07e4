/**
 * The system calls that a Deno without permissions lives on, by name: number on x86-64, number on arm64 (null where there
 * is none). Found by tracing it with programs that compute, allocate, fail, run out of memory and out of stack. What is
 * not here is refused: above all no socket but the pair that it is born with, no new process, no new program but Deno,
 * no signal to others, no ptrace, mount, keyring, BPF, io_uring, namespace, message queue or shared memory.
 */
export const ALLOWED_CALLS: Readonly<Record<string, readonly [x64: number | null, arm64: number | null]>> = {
  // memory
  brk: [12, 214],
  madvise: [28, 233],
  mincore: [27, 232],
  mmap: [9, 222],
  mprotect: [10, 226],
  mremap: [25, 216],
  munmap: [11, 215],
  pkey_alloc: [330, 289],
  pkey_free: [331, 290],
  pkey_mprotect: [329, 288],
  membarrier: [324, 283],
  // its own descriptors, and reading what the room holds
  access: [21, null],
  chdir: [80, 49],
  close: [3, 57],
  close_range: [436, 436],
  dup: [32, 23],
  dup2: [33, null],
  dup3: [292, 24],
  epoll_create1: [291, 20],
  epoll_ctl: [233, 21],
  epoll_pwait: [281, 22],
  epoll_pwait2: [441, 441],
  epoll_wait: [232, null],
  eventfd2: [290, 19],
  faccessat: [269, 48],
  faccessat2: [439, 439],
  fadvise64: [221, 223],
  fcntl: [72, 25],
  fstat: [5, 80],
  fstatfs: [138, 44],
  getcwd: [79, 17],
  getdents64: [217, 61],
  getpeername: [52, 205],
  getsockname: [51, 204],
  getsockopt: [55, 209],
  ioctl: [16, 29],
  lseek: [8, 62],
  lstat: [6, null],
  newfstatat: [262, 79],
  open: [2, null],
  openat: [257, 56],
  pipe: [22, null],
  pipe2: [293, 59],
  poll: [7, null],
  ppoll: [271, 73],
  pread64: [17, 67],
  pselect6: [270, 72],
  pwrite64: [18, 68],
  read: [0, 63],
  readlink: [89, null],
  readlinkat: [267, 78],
  readv: [19, 65],
  recvfrom: [45, 207],
  recvmsg: [47, 212],
  select: [23, null],
  sendmsg: [46, 211],
  sendto: [44, 206],
  setsockopt: [54, 208],
  shutdown: [48, 210],
  socketpair: [53, 199],
  stat: [4, null],
  statfs: [137, 43],
  statx: [332, 291],
  write: [1, 64],
  writev: [20, 66],
  // threads (clone is looked at more closely) and signals to itself
  exit: [60, 93],
  exit_group: [231, 94],
  futex: [202, 98],
  get_robust_list: [274, 100],
  gettid: [186, 178],
  restart_syscall: [219, 128],
  rseq: [334, 293],
  rt_sigaction: [13, 134],
  rt_sigprocmask: [14, 135],
  rt_sigreturn: [15, 139],
  rt_sigtimedwait: [128, 137],
  sched_get_priority_max: [146, 125],
  sched_get_priority_min: [147, 126],
  sched_getaffinity: [204, 123],
  sched_getparam: [143, 121],
  sched_getscheduler: [145, 120],
  sched_yield: [24, 124],
  set_robust_list: [273, 99],
  set_tid_address: [218, 96],
  sigaltstack: [131, 132],
  tgkill: [234, 131],
  // time
  clock_getres: [229, 114],
  clock_gettime: [228, 113],
  clock_nanosleep: [230, 115],
  gettimeofday: [96, 169],
  nanosleep: [35, 101],
  time: [201, null],
  timerfd_create: [283, 85],
  timerfd_gettime: [287, 87],
  timerfd_settime: [286, 86],
  times: [100, 153],
  // what it is
  arch_prctl: [158, null],
  getcpu: [309, 168],
  getegid: [108, 177],
  geteuid: [107, 175],
  getgid: [104, 176],
  getpid: [39, 172],
  getppid: [110, 173],
  getrandom: [318, 278],
  getrlimit: [97, null],
  getrusage: [98, 165],
  getuid: [102, 174],
  prctl: [157, 167],
  prlimit64: [302, 261],
  sysinfo: [99, 179],
  uname: [63, 160],
  // to become Deno at all; the room holds no other program that its user may start
  execve: [59, 221],
};

type Arch = { readonly audit: number; readonly column: 0 | 1; readonly clone: number; readonly clone3: number };
const ARCHES: Readonly<Record<string, Arch>> = {
  x64: { audit: 0xc000003e, column: 0, clone: 56, clone3: 435 },
  arm64: { audit: 0xc00000b7, column: 1, clone: 220, clone3: 435 },
};

const LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
const EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const ANY_BIT = 0x45; // BPF_JMP | BPF_JSET | BPF_K
const RETURN = 0x06; // BPF_RET | BPF_K
const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const errno = (code: number): number => 0x00050000 | code;
const [EPERM, ENOSYS] = [1, 38];
/** Offsets in `struct seccomp_data`. */
const [NUMBER, ARCH, FIRST_ARGUMENT] = [0, 4, 16];
const CLONE_THREAD = 0x10000;

/**
 * The filter as the kernel takes it: classic BPF, eight bytes an instruction. Null for a processor that we do not know.
 * `clone` is allowed for threads alone; `clone3`, whose flags no filter can read, is answered as if the kernel were too
 * old for it, and the C library falls back to `clone`.
 */
export function systemCallFilter(arch: string = process.arch): Buffer | null {
  const found = ARCHES[arch];
  if (!found) return null;
  const { audit, column, clone, clone3 } = found;
  const numbers = Object.values(ALLOWED_CALLS).flatMap((each) => each[column] ?? []);
  const code: [op: number, yes: number, no: number, value: number][] = [
    [LOAD, 0, 0, ARCH],
    [EQUAL, 1, 0, audit],
    [RETURN, 0, 0, KILL],
    [LOAD, 0, 0, NUMBER],
    // Numbers of the x32 interface have a high bit set, so they match none of these.
    ...numbers.flatMap((number): typeof code => [
      [EQUAL, 0, 1, number],
      [RETURN, 0, 0, ALLOW],
    ]),
    [EQUAL, 0, 1, clone3],
    [RETURN, 0, 0, errno(ENOSYS)],
    [EQUAL, 0, 3, clone],
    [LOAD, 0, 0, FIRST_ARGUMENT],
    [ANY_BIT, 0, 1, CLONE_THREAD],
    [RETURN, 0, 0, ALLOW],
    [RETURN, 0, 0, errno(EPERM)],
  ];
  const bytes = Buffer.alloc(code.length * 8);
  for (const [at, [op, yes, no, value]] of code.entries()) {
    bytes.writeUInt16LE(op, at * 8);
    bytes[at * 8 + 2] = yes;
    bytes[at * 8 + 3] = no;
    bytes.writeUInt32LE(value >>> 0, at * 8 + 4);
  }
  return bytes;
}

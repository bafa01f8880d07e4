import fs from 'node:fs';

/** Every process below one, as the kernel tells it; those that are dead and not yet collected are none. */
export function childrenOf(pid: number): number[] {
  const read = (file: string): string => {
    try {
      return fs.readFileSync(file, 'utf8');
    } catch {
      return ''; // it has ended meanwhile
    }
  };
  const children = fs
    .readdirSync(`/proc/${pid}/task`)
    .flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number))
    .filter((child) => /^State:\s+[^ZX]/m.test(read(`/proc/${child}/status`)));
  return children.flatMap((child) => [child, ...(fs.existsSync(`/proc/${child}/task`) ? childrenOf(child) : [])]);
}

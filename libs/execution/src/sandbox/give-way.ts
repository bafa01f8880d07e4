import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** A third of the weight of others: all of the processor while nobody else wants it, and never so little that a run starves. */
const NICE = 5;

/**
 * Lets everything else go before a process: the control plane, the database, runs that are short. By its priority, and by
 * that of its group where the kernel shares the processor among sessions first, and each sandbox is a session of its own.
 */
export function giveWay(pid: number): void {
  if (pid <= 0) return; // 0 would be ourselves
  try {
    setPriority(pid, NICE);
  } catch {
    // gone, or not ours to say
  }
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(NICE));
  } catch {
    // a kernel without groups
  }
}

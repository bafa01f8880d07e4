import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Meter } from '@opentelemetry/api';
import { OWN } from './names.ts';

const RESOLUTION_MS = 20;
const QUANTILES = [50, 99, 100] as const;

/** How this process itself does: delays of its event loop, memory, processor. Returns the way to stop. */
export function observeProcess(meter: Meter): () => void {
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  loop.enable();
  const delay = meter.createObservableGauge(OWN.loopDelay, {
    unit: 's',
    description: 'Delay of the event loop since the last reading, by percentile',
  });
  const utilization = meter.createObservableGauge(OWN.loopUtilization, {
    unit: '1',
    description: 'Share of time that the event loop was busy since the last reading',
  });
  const memory = meter.createObservableGauge(OWN.memory, { unit: 'By', description: 'Memory of this process' });
  const cpu = meter.createObservableCounter(OWN.cpu, { unit: 's', description: 'Processor time of this process' });
  let before = performance.eventLoopUtilization();
  meter.addBatchObservableCallback(
    (result) => {
      for (const percentile of QUANTILES) {
        const nanoseconds = loop.percentile(percentile);
        result.observe(delay, Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1_000), { percentile: `${percentile}` });
      }
      loop.reset();
      const now = performance.eventLoopUtilization();
      result.observe(utilization, performance.eventLoopUtilization(now, before).utilization);
      before = now;
      const { rss, heapUsed, external } = process.memoryUsage();
      for (const [kind, bytes] of Object.entries({ rss, heap: heapUsed, external }))
        result.observe(memory, bytes, { kind });
      const { user, system } = process.cpuUsage();
      result.observe(cpu, user / 1e6, { mode: 'user' });
      result.observe(cpu, system / 1e6, { mode: 'system' });
    },
    [delay, utilization, memory, cpu],
  );
  return () => void loop.disable();
}

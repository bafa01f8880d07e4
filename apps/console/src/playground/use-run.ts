import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, messageOf } from '../api/errors.ts';
import type { Answer, CallLine, LogLine } from './answer.ts';
import { execute } from './execute.ts';

export interface RunState {
  readonly phase: 'idle' | 'running' | 'ended' | 'stopped' | 'refused';
  readonly startedAt: number;
  readonly runId?: string | undefined;
  readonly logs: readonly LogLine[];
  readonly calls: readonly CallLine[];
  readonly answer?: Answer;
  readonly problem?: string;
}

const IDLE: RunState = { phase: 'idle', startedAt: 0, logs: [], calls: [] };

const problemOf = (error: unknown): string =>
  error instanceof ApiError && error.code === 'UNAUTHENTICATED'
    ? 'Your session had ended, so nothing was run. Once you are signed in again, press Run.'
    : messageOf(error);

/** One run at a time; leaving the page stops it. */
export function useRun() {
  const [state, setState] = useState(IDLE);
  const running = useRef<AbortController>(undefined);
  const stop = useCallback(() => {
    running.current?.abort();
    running.current = undefined;
    setState((before) => (before.phase === 'running' ? { ...before, phase: 'stopped' } : before));
  }, []);
  useEffect(() => () => running.current?.abort(), []);

  const start = useCallback(async (code: string) => {
    if (running.current) return;
    const controller = new AbortController();
    running.current = controller;
    setState({ ...IDLE, phase: 'running', startedAt: Date.now() });

    // Events may come by the hundred: they are gathered and shown once per frame.
    let logs: LogLine[] = [];
    let calls: CallLine[] = [];
    let frame = 0;
    const show = () => {
      frame = 0;
      const [newLogs, newCalls] = [logs, calls];
      logs = [];
      calls = [];
      setState((before) => ({ ...before, logs: [...before.logs, ...newLogs], calls: [...before.calls, ...newCalls] }));
    };
    const soon = () => {
      frame ||= requestAnimationFrame(show);
    };
    const mine = () => running.current === controller;
    try {
      const answer = await execute(
        code,
        {
          admitted: (runId) => setState((before) => ({ ...before, runId })),
          log: (line) => {
            logs.push(line);
            soon();
          },
          call: (call) => {
            calls.push(call);
            soon();
          },
        },
        controller.signal,
      );
      cancelAnimationFrame(frame);
      if (mine())
        setState((before) => ({
          ...before,
          phase: 'ended',
          answer,
          runId: answer.id,
          logs: answer.logs,
          calls: answer.calls,
        }));
    } catch (error) {
      cancelAnimationFrame(frame);
      if (mine()) {
        show();
        setState((before) => ({ ...before, phase: 'refused', problem: problemOf(error) }));
      }
    } finally {
      if (mine()) running.current = undefined;
    }
  }, []);

  return { state, start, stop };
}

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { frame, FrameReader, ProtocolError } from './frames.ts';

const SETTINGS = { seed: 20_261_121, numRuns: 500, interruptAfterTimeLimit: 15_000 } as const;
const CAP = 4_096;
const payload = fc.tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 600 }));
const cuts = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 40 });

/** A stream in the pieces in which a pipe may hand it over. */
function pieces(stream: Buffer, sizes: readonly number[]): Buffer[] {
  const made: Buffer[] = [];
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    made.push(stream.subarray(at, at + size));
    at += size;
  }
  return made;
}

describe('the frame reader', () => {
  it('gives every frame whole and in order, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 20 }), cuts, (payloads, sizes) => {
        const stream = Buffer.concat(payloads.map(([type, body]) => frame(type, body)));
        const reader = new FrameReader(CAP);
        const frames = pieces(stream, sizes).flatMap((piece) => reader.push(piece));
        expect(frames.map((one) => one.toString('hex'))).toEqual(
          payloads.map(([type, body]) => Buffer.from([type, ...body]).toString('hex')),
        );
      }),
      SETTINGS,
    );
  });

  it('takes any bytes as frames within the cap or refuses them, and never gives more than it was given', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), cuts, (bytes, sizes) => {
        const reader = new FrameReader(CAP);
        let given = 0;
        let taken = 0;
        try {
          for (const piece of pieces(Buffer.from(bytes), sizes)) {
            given += piece.length;
            for (const one of reader.push(piece)) {
              expect(one.length).toBeGreaterThan(0);
              expect(one.length).toBeLessThanOrEqual(CAP);
              taken += 4 + one.length;
            }
            expect(taken).toBeLessThanOrEqual(given);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      SETTINGS,
    );
  });

  it('refuses a length beyond the cap as soon as it is read, before any of the frame', () => {
    fc.assert(
      fc.property(fc.integer({ min: CAP + 1, max: 0xffffffff }), (length) => {
        const head = Buffer.alloc(4);
        head.writeUInt32LE(length);
        expect(() => new FrameReader(CAP).push(head)).toThrow(ProtocolError);
      }),
      SETTINGS,
    );
  });
});

const ROUNDS = 24;
const RATE_BYTES = 136;
const LANES = 25;
const MASK = 0xffff_ffff_ffff_ffffn;

/** Keccak-256 as Ethereum uses it: the submission's padding, not that of SHA-3 (FIPS 202), which node:crypto has. */
export function keccak256(input: Uint8Array): Uint8Array {
  const state: bigint[] = new Array(LANES).fill(0n);
  const padded = new Uint8Array((Math.floor(input.length / RATE_BYTES) + 1) * RATE_BYTES);
  padded.set(input);
  padded[input.length]! ^= 0x01;
  padded[padded.length - 1]! ^= 0x80;
  const view = new DataView(padded.buffer);
  for (let block = 0; block < padded.length; block += RATE_BYTES) {
    for (let lane = 0; lane < RATE_BYTES / 8; lane++)
      state[lane]! ^= view.getBigUint64(block + lane * 8, true);
    permute(state);
  }
  const out = new DataView(new ArrayBuffer(32));
  for (let lane = 0; lane < 4; lane++) out.setBigUint64(lane * 8, state[lane]!, true);
  return new Uint8Array(out.buffer);
}

/** Keccak-f[1600]: theta, rho and pi, chi, iota. */
function permute(state: bigint[]): void {
  let lfsr = 1;
  for (let round = 0; round < ROUNDS; round++) {
    const parity = [0, 1, 2, 3, 4].map((x) => [0, 5, 10, 15, 20].reduce((sum, y) => sum ^ state[x + y]!, 0n));
    for (let lane = 0; lane < LANES; lane++) {
      const x = lane % 5;
      state[lane]! ^= parity[(x + 4) % 5]! ^ rotate(parity[(x + 1) % 5]!, 1);
    }
    let [x, y, moving] = [1, 0, state[1]!];
    for (let step = 0; step < ROUNDS; step++) {
      [x, y] = [y, (2 * x + 3 * y) % 5];
      const next = state[x + 5 * y]!;
      state[x + 5 * y] = rotate(moving, (((step + 1) * (step + 2)) / 2) % 64);
      moving = next;
    }
    for (let row = 0; row < LANES; row += 5) {
      const lanes = state.slice(row, row + 5);
      for (let k = 0; k < 5; k++)
        state[row + k] = lanes[k]! ^ (~lanes[(k + 1) % 5]! & MASK & lanes[(k + 2) % 5]!);
    }
    for (let bit = 0; bit < 7; bit++) {
      if (lfsr & 1) state[0]! ^= 1n << BigInt((1 << bit) - 1);
      lfsr = (lfsr << 1) ^ (lfsr & 0x80 ? 0x171 : 0);
    }
  }
}

function rotate(lane: bigint, by: number): bigint {
  return by === 0 ? lane : ((lane << BigInt(by)) | (lane >> BigInt(64 - by))) & MASK;
}

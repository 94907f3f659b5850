/**
 * @module
 * A layer of gated recurrent units over a window of streams, as PyTorch has it (K. Cho et al., “Learning phrase representations using RNN
 * encoder–decoder”, 2014, with the reset gate behind the product):
 *
 *     r = σ(x_r + h_r)   z = σ(x_z + h_z)   n = tanh(x_n + r · h_n)   h' = n + z · (h - n)
 *
 * where x are the projected inputs with their bias, and h_r, h_z, h_n the projected states with theirs. Rows are steps by streams: the
 * streams of a step are neighbours.
 */
import { sigmoid4, tanh4 } from './activation';
import { fillRows, multiply } from './matrix';

/**
 * @param hidden units, a multiple of 8
 * @param gates rows of 3 · hidden: projected inputs before, r, z and n afterwards
 * @param states rows of hidden, one step more than the window: the first are where the streams start
 * @param weights hidden × 3 · hidden
 * @param bias of the projected states
 * @param projected rows of hidden, written: h_n
 * @param room for one step of 3 · hidden
 */
export function gruForward(
  steps: i32,
  streams: i32,
  hidden: i32,
  gates: usize,
  states: usize,
  weights: usize,
  bias: usize,
  projected: usize,
  room: usize,
): void {
  const width = 3 * hidden;
  const row = (<usize>hidden) << 2;
  for (let step = 0; step < steps; step++) {
    fillRows(streams, width, bias, room);
    multiply(streams, width, hidden, states, hidden, 1, weights, width, room, width, 1);
    let side = room;
    for (let stream = 0; stream < streams; stream++) {
      for (let at: usize = 0; at < row; at += 16) {
        const r = sigmoid4(f32x4.add(v128.load(gates + at), v128.load(side + at)));
        const z = sigmoid4(f32x4.add(v128.load(gates + row + at), v128.load(side + row + at)));
        const h = v128.load(side + 2 * row + at);
        const n = tanh4(f32x4.add(v128.load(gates + 2 * row + at), f32x4.mul(r, h)));
        v128.store(gates + at, r);
        v128.store(gates + row + at, z);
        v128.store(gates + 2 * row + at, n);
        v128.store(projected + at, h);
        const before = v128.load(states + at);
        v128.store(states + <usize>streams * row + at, f32x4.add(n, f32x4.mul(z, f32x4.sub(before, n))));
      }
      gates += 3 * row;
      side += 3 * row;
      projected += row;
      states += row;
    }
  }
}

/**
 * The way back.
 *
 * @param gates what `gruForward` left; gradients of the projected inputs afterwards
 * @param projected what `gruForward` left; the part of the gradients of the projected states that differs, that of n, afterwards
 * @param states those of `gruForward`
 * @param weights 3 · hidden × hidden: transposed
 * @param gradients rows of hidden: those of the states that come out of each step
 * @param carried streams × hidden, written: gradient of the states where the streams start; none comes from behind the window
 */
export function gruBackward(
  steps: i32,
  streams: i32,
  hidden: i32,
  gates: usize,
  projected: usize,
  states: usize,
  weights: usize,
  gradients: usize,
  carried: usize,
): void {
  const row = (<usize>hidden) << 2;
  const block = <usize>streams * row;
  memory.fill(carried, 0, block);
  for (let step = steps - 1; step >= 0; step--) {
    const gate = gates + 3 * <usize>step * block;
    const side = projected + <usize>step * block;
    const before = states + <usize>step * block;
    const gradient = gradients + <usize>step * block;
    for (let stream: usize = 0; stream < <usize>streams; stream++) {
      const own = gate + 3 * stream * row;
      for (let at: usize = 0; at < row; at += 16) {
        const here = stream * row + at;
        const r = v128.load(own + at);
        const z = v128.load(own + row + at);
        const n = v128.load(own + 2 * row + at);
        const h = v128.load(side + here);
        const one = f32x4.splat(1.0);
        const total = f32x4.add(v128.load(gradient + here), v128.load(carried + here));
        const open = f32x4.sub(one, z);
        const ofN = f32x4.mul(f32x4.mul(total, open), f32x4.sub(one, f32x4.mul(n, n)));
        const ofZ = f32x4.mul(f32x4.mul(total, f32x4.sub(v128.load(before + here), n)), f32x4.mul(z, open));
        const ofR = f32x4.mul(f32x4.mul(ofN, h), f32x4.mul(r, f32x4.sub(one, r)));
        v128.store(own + at, ofR);
        v128.store(own + row + at, ofZ);
        v128.store(own + 2 * row + at, ofN);
        v128.store(side + here, f32x4.mul(ofN, r));
        v128.store(carried + here, f32x4.mul(total, z));
      }
    }
    multiply(streams, hidden, 2 * hidden, gate, 3 * hidden, 1, weights, hidden, carried, hidden, 1);
    multiply(streams, hidden, hidden, side, hidden, 1, weights + 2 * <usize>hidden * row, hidden, carried, hidden, 1);
  }
}

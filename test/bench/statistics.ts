export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** How far the middle half of the values lies apart, as a part of their median. */
export function spread(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (part: number): number => sorted[Math.round((sorted.length - 1) * part)] ?? Number.NaN
  return (at(0.75) - at(0.25)) / median(values)
}

/**
 * Measures everybody in each round, one after the other, so that whatever slows the machine down slows all of them.
 * @returns the samples of each, in the order of the rounds
 */
export async function interleaved<S>(
  rounds: number,
  contestants: Readonly<Record<string, () => Promise<S>>>,
): Promise<ReadonlyMap<string, readonly S[]>> {
  const samples = new Map<string, S[]>(Object.keys(contestants).map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, measure] of Object.entries(contestants)) samples.get(name)?.push(await measure())
  }
  return samples
}

/** The median of what one is to the other, round by round. */
export function ratio(ones: readonly number[], others: readonly number[]): number {
  return median(ones.map((one, round) => one / (others[round] ?? Number.NaN)))
}

/** How long the same sum takes, again and again: what varies is the machine. */
export function noise(): { readonly ms: number; readonly spread: number } {
  const times = Array.from({ length: 25 }, () => {
    const began = performance.now()
    let sum = 0
    for (let n = 0; n < 5_000_000; n += 1) sum = (sum + n * n) % 1_000_003
    return sum < 0 ? 0 : performance.now() - began
  })
  return { ms: median(times), spread: spread(times) }
}

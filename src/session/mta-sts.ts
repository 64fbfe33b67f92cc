import type { MtaStsPolicy } from '../wire/mta-sts-policy.ts'

/** Whether a policy has room for this mail host (RFC 8461 §4.1): a wildcard stands for one label, the leftmost. */
export function mxMatches({ mx }: Pick<MtaStsPolicy, 'mx'>, host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '')
  const behindFirstLabel = name.replace(/^[^.]+/, '*')
  return mx.some((pattern) => pattern === name || (pattern.startsWith('*.') && pattern === behindFirstLabel))
}

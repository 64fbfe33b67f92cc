import { visible } from '../text/visible.ts'

/** One line of a CAPA reply (RFC 2449 §5). */
export interface Capability {
  /** Upper case. */
  readonly keyword: string
  readonly parameters: readonly string[]
  /** As the server sent it. */
  readonly line: string
}

/** Bounds on what is taken of a listing of capabilities. */
export const MOST_CAPABILITIES = 200

export function capabilityOf(octets: Buffer): Capability {
  const line = visible(octets)
  const [keyword = '', ...parameters] = line.trim().split(/ +/)
  return { keyword: keyword.toUpperCase(), parameters, line }
}

export function offers(capabilities: readonly Capability[], keyword: string): boolean {
  return capabilities.some((capability) => capability.keyword === keyword)
}

/** The names of the SASL mechanisms that are offered, in upper case. */
export function mechanismsIn(capabilities: readonly Capability[]): readonly string[] {
  const sasl = capabilities.find(({ keyword }) => keyword === 'SASL')
  return (sasl?.parameters ?? []).map((mechanism) => mechanism.toUpperCase())
}

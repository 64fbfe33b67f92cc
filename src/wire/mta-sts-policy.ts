import { parseHost } from '../text/host.ts'
import { LookupError } from './lookup-fault.ts'

/** RFC 8461 §3.2 */
export interface MtaStsPolicy {
  readonly mode: 'enforce' | 'testing' | 'none'
  /** `mx.example.com`, or `*.example.com` for any one label. */
  readonly mx: readonly string[]
  readonly maxAgeSeconds: number
}

/** RFC 8461 §3.2: one year. */
const LONGEST_AGE = 31_557_600

/**
 * `sts-field = sts-id / sts-extension`, `sts-id = %s"id" "=" 1*32(ALPHA / DIGIT)`, RFC 8461 §3.1.
 * Quantifiers are bounded and delimiters exclude each other, so that nothing backtracks.
 */
const RECORD_FIELD = /^(?<name>[A-Za-z0-9][A-Za-z0-9_.-]{0,31})=(?<value>[\x21-\x3a\x3c\x3e-\x7e]+)$/
const ID = /^[A-Za-z0-9]{1,32}$/
/** `sts-policy-extension`, of whose form all fields are, RFC 8461 §3.2. */
const POLICY_FIELD =
  /^(?<name>[A-Za-z0-9][A-Za-z0-9_.-]{0,31}):[ \t]*(?<value>[\x21-\x7e\u0080-\u{10ffff}](?:.*\S)?)[ \t]*$/u

/**
 * The `id` of the domain's record; null where there is none.
 * @param texts all TXT records of `_mta-sts.<domain>`
 * @throws {LookupError} `mta-sts-record`
 */
export function recordId(texts: readonly string[]): string | null {
  // RFC 8461 §3.1: what does not begin so is discarded; when not exactly one is left there is no policy
  const records = texts.filter((text) => /^v=STSv1[ \t]*;/.test(text))
  if (records.length > 1)
    throw malformed(
      'record',
      `there are ${records.length} records that begin with v=STSv1, and so none counts`,
    )
  const [record] = records
  if (record === undefined) return null
  const [, ...fields] = record.split(';').map((field) => field.trim())
  if (fields.at(-1) === '') fields.pop()
  const read = fields.map((field) => RECORD_FIELD.exec(field)?.groups)
  if (read.includes(undefined)) throw malformed('record', 'a field of it is not of the form name=value')
  const id = read.find((field) => field?.['name'] === 'id')?.['value']
  if (id === undefined) throw malformed('record', 'it has no id')
  if (!ID.test(id)) throw malformed('record', 'its id is not of 1 to 32 letters and digits')
  return id
}

/**
 * Reads a policy by the letter of RFC 8461 §3.2: a sender who cannot read it has none.
 * @throws {LookupError} `mta-sts-policy`
 */
export function parsePolicy(text: string): MtaStsPolicy {
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  const fields = lines.map((line, at) => {
    const field = POLICY_FIELD.exec(line)?.groups
    if (field === undefined) throw malformed('policy', `its line ${at + 1} is not of the form name: value`)
    return { name: field['name'] ?? '', value: field['value'] ?? '' }
  })
  // RFC 8461 §3.2: of a field that stands there twice the first counts, mx excepted
  const first = (name: string): string => {
    const found = fields.find((field) => field.name === name)
    if (found === undefined) throw malformed('policy', `it has no ${name}`)
    return found.value
  }
  if (first('version') !== 'STSv1') throw malformed('policy', 'its version is not STSv1')
  const mode = first('mode')
  if (mode !== 'enforce' && mode !== 'testing' && mode !== 'none')
    throw malformed('policy', 'its mode is none of enforce, testing and none')
  const age = first('max_age')
  if (!/^\d{1,10}$/.test(age) || Number(age) > LONGEST_AGE)
    throw malformed('policy', `its max_age is no number of seconds up to ${LONGEST_AGE}`)
  const mx = fields.filter(({ name }) => name === 'mx').map(({ value }) => pattern(value))
  if (mx.length === 0 && mode !== 'none') throw malformed('policy', 'it has no mx')
  return { mode, mx, maxAgeSeconds: Number(age) }
}

/** `sts-policy-mx-value = ["*."] Domain` */
function pattern(value: string): string {
  const wildcard = value.startsWith('*.')
  const host = parseHost(wildcard ? value.slice(2) : value)
  // RFC 8461 §4.1 compares A-labels
  if (host.kind !== 'name' || !/^[\x21-\x7e]+$/.test(value))
    throw malformed('policy', 'an mx of it is neither a host name nor a host name behind "*."')
  return wildcard ? `*.${host.name}` : host.name
}

function malformed(what: 'record' | 'policy', reason: string): LookupError {
  return new LookupError(`mta-sts-${what}`, `the MTA-STS ${what} cannot be used: ${reason}`)
}

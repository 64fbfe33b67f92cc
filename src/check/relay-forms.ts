import type { Mailbox } from '../smtp/path.ts'

/** One way to ask a server to pass mail on to another domain. */
export interface RelayForm {
  readonly form: string
  /** What it tries, in words. */
  readonly tests: string
  /**
   * `clear`: who takes it takes mail for another domain. `doubtful`: it may be taken for a name of the server's own, so that
   * taking it says little.
   */
  readonly weight: 'clear' | 'doubtful'
  /** With their brackets. */
  readonly reversePath: string
  readonly forwardPath: string
}

export interface RelayPlaces {
  readonly from: Mailbox
  /** Of a domain that is not the server's. */
  readonly to: Mailbox
  /** The server's own name, where it has told one. */
  readonly name: string | undefined
  /** Its address as a literal in brackets. */
  readonly literal: string
}

/** The battery: the forms by which relays have been abused, plain ones first. Their number is bounded by this list. */
export function relayForms({ from, to, name, literal }: RelayPlaces): readonly RelayForm[] {
  const sender = `<${from.localPart}@${from.asciiDomain}>`
  const [local, domain] = [to.localPart, to.asciiDomain]
  const plain = `<${local}@${domain}>`
  const own = name ?? literal
  const clear = (form: string, tests: string, reversePath: string, forwardPath: string): RelayForm => ({
    form,
    tests,
    weight: 'clear',
    reversePath,
    forwardPath,
  })
  const doubtful = (form: string, tests: string, forwardPath: string): RelayForm => ({
    form,
    tests,
    weight: 'doubtful',
    reversePath: sender,
    forwardPath,
  })
  const at = (place: string, where: string): RelayForm[] => [
    doubtful(
      `percent@${where}`,
      `the percent hack, at the server’s own ${where}`,
      `<${local}%${domain}@${place}>`,
    ),
    doubtful(
      `quoted@${where}`,
      `an address as a quoted local part, at the server’s own ${where}`,
      `<"${local}@${domain}"@${place}>`,
    ),
    doubtful(`bang@${where}`, `a UUCP path, at the server’s own ${where}`, `<${domain}!${local}@${place}>`),
    doubtful(
      `double-at@${where}`,
      `an address with two @, the last one before the server’s own ${where}`,
      `<${local}@${domain}@${place}>`,
    ),
    clear(
      `source-route@${where}`,
      `a source route by the server’s own ${where}`,
      sender,
      `<@${place}:${local}@${domain}>`,
    ),
  ]
  return [
    clear('plain', 'from one foreign domain to another', sender, plain),
    clear('null-sender', 'with the null reverse-path, as a report of failure has it', '<>', plain),
    clear('own-sender', 'with a sender of the server’s own', `<postmaster@${own}>`, plain),
    ...(name === undefined ? [] : at(name, 'name')),
    ...at(literal, 'address'),
    doubtful('percent', 'the percent hack, without a domain', `<${local}%${domain}>`),
    doubtful('quoted', 'an address as a quoted local part, without a domain', `<"${local}@${domain}">`),
    doubtful('bang', 'a UUCP path, without a domain', `<${domain}!${local}>`),
  ]
}

import type { Target } from '../session/target.ts'
import type { Hello } from '../smtp/hello.ts'
import { openSmtp } from '../smtp/open.ts'
import type { TlsVersion } from '../wire/wire.ts'
import { type FurtherSession, type Hold, smtpSession, whereThereIsRoom } from './terms.ts'

const TLS_VERSIONS: readonly TlsVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

/** Whether a server speaks one version of TLS. */
export interface VersionTry {
  readonly version: TlsVersion
  readonly accepted: 'yes' | 'no' | 'unknown'
  readonly session: FurtherSession | undefined
}

/**
 * Which versions of TLS a server takes: a short session for each that the first has not shown, all at once, and only as far as
 * the handshake.
 * @param spoken the version that is known to be taken
 */
export async function tlsVersions(
  hold: Hold,
  target: Target,
  hello: Hello,
  spoken: string | undefined,
): Promise<readonly VersionTry[]> {
  return await Promise.all(
    TLS_VERSIONS.map(async (version): Promise<VersionTry> => {
      if (version === spoken) return { version, accepted: 'yes', session: undefined }
      return (
        (await whereThereIsRoom(tried(hold, target, hello, version))) ?? {
          version,
          accepted: 'unknown',
          session: undefined,
        }
      )
    }),
  )
}

async function tried(hold: Hold, target: Target, hello: Hello, version: TlsVersion): Promise<VersionTry> {
  const one: Target = { ...target, minVersion: version, maxVersion: version }
  const after = target.security === 'implicit' ? ('greeting' as const) : ('starttls' as const)
  const end = await hold(one, (terms) =>
    smtpSession(terms, one, async (session) => {
      await openSmtp(session, { hello, xclient: undefined, end: { after, how: 'quit' } }, {})
      session.stage = 'quit'
    }),
  )
  const session = { purpose: `TLS: ${version}`, target: one, end }
  if (end.tls !== undefined) return { version, accepted: 'yes', session }
  return { version, accepted: isRefusal(end.failure?.fault) ? 'no' : 'unknown', session }
}

/** Where this machine's own library does not speak the version, the server was not even asked. */
function isRefusal(fault: { readonly kind: string; readonly code: string | undefined } | undefined): boolean {
  return fault?.kind === 'tls' && fault.code !== 'ERR_SSL_NO_PROTOCOLS_AVAILABLE'
}

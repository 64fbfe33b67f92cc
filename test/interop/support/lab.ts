import { type Authority, createAuthority } from '../../support/certificates.ts'
import { hostname } from './accounts.ts'
import { type Dovecot, type DovecotOptions, startDovecot } from './dovecot.ts'
import { type Postfix, type PostfixOptions, startPostfix } from './postfix.ts'

/** A Postfix that delivers into a Dovecot, with certificates for mail.lab.test and 127.0.0.1. */
export interface Lab {
  /** Whoever trusts its certificate trusts both servers. */
  readonly authority: Authority
  readonly postfix: Postfix
  readonly dovecot: Dovecot
  stop(): Promise<void>
}

export interface LabOptions {
  readonly postfix?: Omit<PostfixOptions, 'certificate' | 'dovecot'>
  readonly dovecot?: Omit<DovecotOptions, 'certificate'>
}

export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const authority = await createAuthority()
  const certificate = await authority.issue({ names: [hostname, '127.0.0.1'] })
  const dovecot = await startDovecot({ ...options.dovecot, certificate })
  try {
    const postfix = await startPostfix({ ...options.postfix, certificate, dovecot })
    const stop = async () => {
      await Promise.all([postfix.stop(), dovecot.stop()])
    }
    return { authority, postfix, dovecot, stop }
  } catch (error) {
    await dovecot.stop()
    throw error
  }
}

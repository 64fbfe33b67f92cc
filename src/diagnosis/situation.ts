import type { Reply } from '../session/answer.ts'
import type { Fault, Outcome, Stage, Unmet } from '../session/outcome.ts'
import type { TlsFacts, TlsVersion } from '../wire/wire.ts'
import type { DiagnosisCode } from './codes.ts'

/** How a session, or one command of it, went: everything a diagnosis is made from. */
export interface Situation {
  readonly protocol: 'smtp' | 'lmtp' | 'pop3'
  readonly stage: Stage
  readonly outcome: Outcome
  /** The reply that decided. */
  readonly reply?: Reply
  readonly fault?: Fault
  readonly unmet?: Unmet
  /** The command that was answered: `RCPT`, `PASS`. */
  readonly verb?: string
  readonly server: {
    readonly scheme: 'smtp' | 'smtps' | 'lmtp' | 'pop3' | 'pop3s'
    readonly host: string
    readonly port: number
    /** The address that was dialled, where it came that far. */
    readonly address?: string
  }
  /** Whether the connection was encrypted when it happened. */
  readonly tls: 'off' | 'on'
  /** Absent while it is not known. */
  readonly starttls?: 'offered' | 'not-offered'
  readonly tlsFacts?: TlsFacts
  /** The lowest version of TLS that was to be taken. */
  readonly tlsMinVersion?: TlsVersion
  readonly login: {
    readonly state: 'not-asked' | 'asked' | 'done'
    /** The mechanisms that the server listed last. */
    readonly offered: readonly string[]
  }
  /** The reverse-path, `''` for the null one. */
  readonly sender?: string
  readonly recipient?: string
  /** POP3: how many messages had been marked as deleted. */
  readonly deletions?: number
  /** A command that went out with others in one flight was not answered. */
  readonly pipelining?: 'suspected'
  /** What SIZE announced, octets. */
  readonly sizeLimit?: number
  /** The beginning of what the server sent on this connection, to recognise another protocol. */
  readonly octetsSeen?: Buffer
  /** `seq` of the entries of the transcript that show it. */
  readonly evidence: readonly number[]
}

/** `changed`: the same call again would fail again, a changed one may not. */
export type Retry = 'no' | 'later' | 'changed'
export type Confidence = 'certain' | 'likely' | 'guess'

/** A JSON merge patch (RFC 7396) of the request: its fields as they would help. */
export type Suggestion = Readonly<Record<string, unknown>>

export interface Diagnosis {
  readonly code: DiagnosisCode
  readonly summary: string
  readonly cause: string
  readonly remedies: readonly string[]
  readonly evidence: readonly number[]
  readonly retry: Retry
  /** Only where the server itself said how long. */
  readonly afterSeconds?: number
  readonly confidence: Confidence
  readonly references: readonly string[]
  readonly suggestion?: Suggestion
}

import type { BareNewlineProbe } from '../smtp/probe-bare-newline.ts'
import type { InjectionProbe } from '../smtp/probe-starttls-injection.ts'
import type { ProbesSeen } from './probes.ts'
import { type CheckFinding, finding, type Section, told } from './section.ts'

/** What the probes came to, each with what it rests on. */
export function probesSection({ injection, ends, token, left }: ProbesSeen): Section {
  return {
    title: 'Probes',
    part: {
      probes: {
        starttlsInjection: injection ?? null,
        bareNewline:
          token === undefined
            ? null
            : { token, ends: ends.map(({ reply, ...probe }) => ({ ...probe, reply: told(reply) })) },
        notTried: left,
      },
    },
    lines: [
      ...(injection === undefined ? [] : [`STARTTLS injection: ${injection.verdict}. ${injection.because}`]),
      ...ends.map(({ end, verdict, because }) => `end of data ${end}: ${verdict}. ${because}`),
      ...left.map((probe) => `${probe}: not tried, there was no room for another session`),
    ],
    findings: [
      ...(injection === undefined ? [] : injectionFindings(injection)),
      ...endFindings(ends, token ?? ''),
      ...(left.length === 0
        ? []
        : [finding('info', 'probes-left', `There was no room for further sessions: ${left.join(', ')}.`)]),
    ],
  }
}

function injectionFindings({ verdict, because }: InjectionProbe): CheckFinding[] {
  if (verdict === 'not-vulnerable') return []
  if (verdict === 'undecided')
    return [finding('info', 'starttls-injection-undecided', `STARTTLS injection: ${because}`)]
  return [
    finding(
      'error',
      'starttls-injection-vulnerable',
      `${because} Whoever is in the way can put commands into the sessions of others (CVE-2011-0411).`,
      [
        'Update the server: it has to forget at the handshake whatever it has read in the clear (RFC 3207 §6).',
        'A proxy or a firewall that speaks STARTTLS for the server may be what needs the update.',
      ],
    ),
  ]
}

function endFindings(ends: readonly BareNewlineProbe[], token: string): CheckFinding[] {
  const names = (verdict: BareNewlineProbe['verdict']): string =>
    ends
      .filter((one) => one.verdict === verdict)
      .map(({ end }) => end)
      .join(', ')
  const findings: CheckFinding[] = []
  const taken = names('taken')
  if (taken !== '') {
    findings.push(
      finding(
        'error',
        'smtp-smuggling',
        `The server takes ${taken} for the end of a message: others can slip messages in behind theirs (SMTP smuggling, CVE-2023-51764). It has accepted a marked test message for each; the token is ${token}.`,
        [
          'Update the server, and let it take CRLF.CRLF alone for the end of data (Postfix: smtpd_forbid_bare_newline = normalize; Exim: 4.97.1 or later; Sendmail: 8.18 or later).',
          'Where a gateway stands before the server, look which of the two it was that took the message.',
        ],
      ),
    )
  }
  const undecided = ends.filter(({ verdict }) => verdict === 'undecided')
  if (undecided.length > 0) {
    findings.push(
      finding(
        'info',
        'end-of-data-undecided',
        `Nothing can be said of ${names('undecided')}. ${undecided[0]?.because ?? ''}`,
      ),
    )
  }
  return findings
}

import type { ComposedMessage } from './composed-message.ts'

/** Between whom a test message goes, and how it is found again. */
export interface TestMessage {
  readonly from: string
  readonly to: readonly string[]
  readonly token: string
  readonly now: Date
}

/** The short message that is sent where a caller gives none; it says what it is. */
export function defaultTestMessage(test: TestMessage): ComposedMessage {
  return {
    ...marked(test, `Mailwire test ${test.token}`),
    text: [
      'This is a test message. Nothing needs to be done about it.',
      '',
      `It was sent with Mailwire at ${test.now.toISOString()}.`,
      `Its token is ${test.token}.`,
      '',
    ].join('\n'),
  }
}

/** A message that every spam filter knows for a test (SpamAssassin's GTUBE), to see what is done with spam. */
export function gtube(test: TestMessage): ComposedMessage {
  const line = ['XJS*C4JDBQADN1.NSBN3*2IDNEN*', 'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL', '*C.34X'].join('')
  return {
    ...marked(test, `Mailwire spam test ${test.token}`),
    text: `This is the GTUBE, a test of spam filters. It is no spam.\n\n${line}\n\nThe token is ${test.token}.\n`,
  }
}

/** A message with the harmless file that every virus scanner knows for a test (EICAR). */
export function eicar(test: TestMessage): ComposedMessage {
  // in pieces, so that no scanner takes this program for its target
  const file = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}', '$EICAR-STANDARD-', 'ANTIVIRUS-TEST-FILE', '!$H+H*'].join('')
  return {
    ...marked(test, `Mailwire virus test ${test.token}`),
    text: `The attachment is the EICAR test file, a test of virus scanners. It is harmless.\n\nThe token is ${test.token}.\n`,
    attachments: [{ filename: 'eicar.com', contentType: 'application/octet-stream', content: file }],
  }
}

/** RFC 3834 §5: no answer by a machine is wanted. */
function marked(test: TestMessage, subject: string): ComposedMessage {
  return {
    from: test.from,
    to: test.to,
    date: test.now,
    subject,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Mailwire-Token': test.token },
  }
}

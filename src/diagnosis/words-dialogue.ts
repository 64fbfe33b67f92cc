import { retryByClass, sentence, serverName, stageName } from './names.ts'
import { withoutCommand, withoutExtension } from './without.ts'
import type { Words } from './words-entry.ts'

/** Commands, and the server's own state. */
export const DIALOGUE_WORDS = {
  'bad-sequence': {
    summary: (s) => `${serverName(s)} does not take ${stageName(s)} at this point of the session.`,
    cause: ({ stage, unmet }) => {
      if (unmet !== undefined) return sentence(unmet.message)
      return stage === 'data' || stage === 'end-of-data'
        ? 'A command that has to come first is missing, or was refused: mostly no recipient has been accepted.'
        : 'A command that has to come first is missing or was refused, or this one was given twice.'
    },
  },
  'command-not-recognized': {
    summary: (s) => `${serverName(s)} does not know ${stageName(s)}.`,
    cause: () =>
      'The command is optional, or of an extension that the server does not have or has switched off.',
    suggestion: ({ verb }) => withoutCommand(verb),
  },
  'syntax-error': {
    summary: (s) => `${serverName(s)} could not read ${stageName(s)}.`,
    cause: ({ stage, sender, recipient }) => {
      if (stage === 'mail')
        return `It does not take the form of the sender${sender === undefined ? '' : ` <${sender}>`} or of a parameter.`
      if (stage === 'rcpt')
        return `It does not take the form of the recipient${recipient === undefined ? '' : ` <${recipient}>`} or of a parameter.`
      return 'The command or its argument is not in the form that it takes.'
    },
  },
  'parameter-not-supported': {
    summary: (s) => `${serverName(s)} does not know a parameter of ${stageName(s)}.`,
    cause: () =>
      'The extension that the parameter belongs to is not offered here, or the value is not one of its.',
  },
  'smtputf8-not-supported': {
    summary: (s) => `${serverName(s)} does not take addresses with letters beyond ASCII.`,
    cause: ({ unmet }) =>
      unmet === undefined
        ? 'It does not offer SMTPUTF8, or not for this recipient.'
        : sentence(unmet.message),
  },
  'extension-not-offered': {
    summary: (s) => `${serverName(s)} does not offer what the call needs.`,
    cause: ({ unmet }) => {
      const offered =
        unmet === undefined || unmet.offered.length === 0 ? '' : ` It offers ${unmet.offered.join(', ')}.`
      return `${unmet === undefined ? 'An extension is missing.' : sentence(unmet.message)}${offered}`
    },
    suggestion: ({ unmet }) => withoutExtension(unmet?.keyword),
  },
  'too-many-errors': {
    summary: (s) => `${serverName(s)} ended the session, because too many commands had failed in it.`,
    cause: () => 'The refusals before this one are the reason, each with its own reply.',
  },
  'expectation-not-met': {
    summary: (s) => `${stageName(s)} was answered otherwise than the step expects.`,
    cause: ({ reply, unmet }) =>
      unmet !== undefined
        ? sentence(unmet.message)
        : `The reply${reply?.code === undefined ? '' : ` ${reply.code}`} is no refusal, and not the one that \`expect\` names.`,
  },
  'server-storage-full': {
    summary: (s) => `${serverName(s)} has no room for the message at present.`,
    cause: () => 'It is the disk of the server that is short, not the mailbox of the recipient.',
    retry: () => 'later',
  },
  'server-temporary-failure': {
    summary: (s) => `${serverName(s)} has a problem of its own at ${stageName(s)}.`,
    cause: () =>
      'Something inside the server failed: a database, a filter, its configuration. The call is not at fault.',
    retry: () => 'later',
  },
  'server-shutting-down': {
    summary: (s) => `${serverName(s)} is shutting down.`,
    cause: () => 'It is being stopped or restarted, and ends its sessions.',
    retry: () => 'later',
  },
  'refused-permanently': {
    summary: (s) => `${serverName(s)} refused ${stageName(s)}.`,
    cause: ({ reply }) =>
      reply?.code === undefined
        ? 'The server said -ERR, which is a no for good, and gives no reason that is known here.'
        : `Code ${reply.code} is a no for good, and the reply gives no reason that is known here.`,
  },
  'refused-temporarily': {
    summary: (s) => `${serverName(s)} refused ${stageName(s)} for now.`,
    cause: ({ reply }) =>
      `${reply?.code === undefined ? 'The reply' : `Code ${reply.code}`} is a no for the moment, and no reason is given that is known here.`,
    retry: retryByClass,
  },
} as const satisfies Record<string, Words>

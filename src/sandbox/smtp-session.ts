import { randomBytes } from 'node:crypto'
import { DotUnstuffer } from '../text/dots.ts'
import { type Account, accountOf, DOMAIN } from './accounts.ts'
import { type Character, characterOf, worded } from './characters.ts'
import { type Connection, Hangup } from './connection.ts'
import { type Destination, deliver } from './delivery.ts'
import type { House } from './house.ts'
import { IncomingMessage } from './incoming.ts'
import { credentialsBy, MECHANISMS, mechanismNamed } from './sasl-login.ts'
import { destinationOf, recipientCharacter, refusalOfMail, refusalOfRcpt } from './smtp-envelope.ts'
import { type Path, pathArgument } from './smtp-path.ts'

const BAD_MECHANISM = '535 5.7.8 Error: authentication failed: Invalid authentication mechanism'
const BAD_CREDENTIALS = '535 5.7.8 Error: authentication failed: (reason unavailable)'

interface Transaction {
  readonly reversePath: string
  readonly declaredOctets: number
  readonly international: boolean
  readonly destinations: readonly Destination[]
  /** Of the recipients, the first that has something to say to the message. */
  readonly atEndOfData: Character | undefined
}

/** One SMTP session from greeting to the end of the connection. */
export async function smtpSession(connection: Connection, house: House): Promise<void> {
  const session = new SmtpSession(connection, house)
  try {
    await session.run()
  } catch (error) {
    if (!(error instanceof Hangup)) throw error
    if (error.reason === 'idle') connection.say(`421 4.4.2 ${DOMAIN} Error: timeout exceeded`)
    if (error.reason === 'line-too-long') connection.say('500 5.5.2 Error: line too long')
  } finally {
    connection.end()
  }
}

class SmtpSession {
  readonly #connection: Connection
  readonly #house: House
  #hello: { readonly name: string; readonly verb: 'EHLO' | 'HELO' } | undefined
  #login: Account | undefined
  #transaction: Transaction | undefined
  #errors = 0
  #over = false

  constructor(connection: Connection, house: House) {
    this.#connection = connection
    this.#house = house
  }

  async run(): Promise<void> {
    this.#connection.say(`220 ${DOMAIN} ESMTP Mailwire sandbox`)
    while (!this.#over) {
      const text = utf8(await this.#connection.line())
      const reply =
        text === undefined ? '500 5.5.2 Error: bad UTF-8 syntax' : await this.#answer(text.trimEnd())
      if (reply !== undefined) this.#say(reply)
      if (this.#errors >= this.#house.limits.maxErrors)
        this.#say(`421 4.7.0 ${DOMAIN} Error: too many errors`)
    }
  }

  /** The reply to a command; undefined when all was said on the way. */
  async #answer(text: string): Promise<string | undefined> {
    const space = text.indexOf(' ')
    const verb = (space === -1 ? text : text.slice(0, space)).toUpperCase()
    const argument = space === -1 ? '' : text.slice(space + 1).trim()
    switch (verb) {
      case 'EHLO':
      case 'HELO':
        return this.#greet(verb, argument)
      case 'STARTTLS':
        return await this.#startTls(argument)
      case 'AUTH':
        return await this.#auth(argument)
      case 'MAIL':
        return this.#mail(argument)
      case 'RCPT':
        return await this.#rcpt(argument)
      case 'DATA':
        return await this.#data()
      case 'RSET':
        this.#transaction = undefined
        return '250 2.0.0 Ok'
      case 'NOOP':
        return '250 2.0.0 Ok'
      case 'VRFY':
        return this.#verify(argument)
      case 'HELP':
        return '214 2.0.0 EHLO HELO STARTTLS AUTH MAIL RCPT DATA RSET NOOP VRFY HELP QUIT'
      case 'QUIT':
        this.#over = true
        return '221 2.0.0 Bye'
      case 'GET':
      case 'POST':
      case 'CONNECT':
        // a web page can make a browser say this, with SMTP in the body
        this.#over = true
        return '221 2.7.0 Error: I can break rules, too. Goodbye.'
      case '':
        return '500 5.5.2 Error: bad syntax'
      default:
        return '500 5.5.2 Error: command not recognized'
    }
  }

  #greet(verb: 'EHLO' | 'HELO', argument: string): string {
    const [name = ''] = argument.split(' ')
    if (name === '') return `501 Syntax: ${verb} hostname`
    this.#hello = { name, verb }
    this.#transaction = undefined
    if (verb === 'HELO') return `250 ${DOMAIN}`
    const extensions = [
      'PIPELINING',
      `SIZE ${this.#house.limits.maxMessageOctets}`,
      'VRFY',
      this.#connection.secure ? `AUTH ${MECHANISMS.join(' ')}` : 'STARTTLS',
      'ENHANCEDSTATUSCODES',
      '8BITMIME',
    ]
    for (const line of [DOMAIN, ...extensions]) this.#say(`250-${line}`)
    return '250 SMTPUTF8'
  }

  async #startTls(argument: string): Promise<string | undefined> {
    if (argument !== '') return '501 5.5.4 Syntax: STARTTLS'
    if (this.#connection.secure) return '554 5.5.1 Error: TLS already active'
    // RFC 3207 §6: what was sent in the clear behind STARTTLS must never be taken for part of the secured session
    await this.#connection.flush()
    if (this.#connection.spokeAhead) {
      this.#over = true
      return '503 5.5.0 <STARTTLS>: Improper use of SMTP command pipelining'
    }
    await this.#connection.startTls(this.#house.secureContext, '220 2.0.0 Ready to start TLS')
    this.#hello = undefined
    this.#transaction = undefined
    return undefined
  }

  async #auth(argument: string): Promise<string> {
    const [name = '', initial, ...more] = argument.split(' ')
    if (this.#hello === undefined) return '503 5.5.1 Error: send HELO/EHLO first'
    if (this.#hello.verb === 'HELO') return '503 5.5.1 Error: authentication not enabled'
    if (!this.#connection.secure) return '530 5.7.0 Must issue a STARTTLS command first'
    if (this.#login !== undefined) return '503 5.5.1 Error: already authenticated'
    if (this.#transaction !== undefined) return '503 5.5.1 Error: MAIL transaction in progress'
    if (name === '' || more.length > 0) return '501 5.5.4 Syntax: AUTH mechanism'
    const mechanism = mechanismNamed(name)
    if (mechanism === undefined) return BAD_MECHANISM
    const result = await credentialsBy(mechanism, initial, async (challenge) => {
      this.#connection.say(`334 ${challenge}`)
      return (await this.#connection.line()).toString('latin1')
    })
    if (result.kind === 'cancelled') return '501 5.7.0 Authentication aborted'
    if (result.kind === 'malformed') {
      const where = initial === undefined ? 'continued response' : 'initial response'
      return `535 5.7.8 Error: authentication failed: Invalid base64 data in ${where}`
    }
    const account = accountOf(result.user, result.password)
    if (account === undefined) return BAD_CREDENTIALS
    const character = characterOf('smtp-user', account)
    if (character?.answer.kind === 'reply') return character.answer.reply
    this.#login = account
    return '235 2.7.0 Authentication successful'
  }

  #mail(argument: string): string {
    if (this.#hello === undefined) return '503 5.5.1 Error: send HELO/EHLO first'
    if (this.#transaction !== undefined) return '503 5.5.1 Error: nested MAIL command'
    const given = pathArgument('FROM', argument)
    if (given === 'syntax') return '501 5.5.4 Syntax: MAIL FROM:<address>'
    if (given === 'bad-address') return '501 5.1.7 Bad sender address syntax'
    const standing = { verb: this.#hello.verb, secure: this.#connection.secure, login: this.#login }
    const refusal = refusalOfMail(given, standing, this.#house.limits.maxMessageOctets)
    if (refusal !== undefined) return this.#refusal(refusal, given.path)
    this.#transaction = {
      reversePath: given.path.address,
      declaredOctets: Number(given.parameters.get('SIZE') ?? 0),
      international: given.parameters.has('SMTPUTF8'),
      destinations: [],
      atEndOfData: undefined,
    }
    return '250 2.1.0 Ok'
  }

  async #rcpt(argument: string): Promise<string> {
    const transaction = this.#transaction
    if (transaction === undefined) return '503 5.5.1 Error: need MAIL command'
    const given = pathArgument('TO', argument)
    if (given === 'syntax') return '501 5.5.4 Syntax: RCPT TO:<address>'
    if (given === 'bad-address' || given.path.address === '') {
      return '501 5.1.3 Bad recipient address syntax'
    }
    const { path } = given
    const refusal = refusalOfRcpt(given, transaction.international)
    if (refusal !== undefined) return this.#refusal(refusal, path)
    if (transaction.destinations.length >= this.#house.limits.maxRecipients) {
      return '452 4.5.3 Error: too many recipients'
    }
    const character = recipientCharacter(path)
    if (character?.answer.kind === 'late') await this.#connection.pause(this.#house.limits.lateMs)
    if (character?.stage === 'rcpt' && character.answer.kind === 'reply') {
      return this.#refusal(character.answer.reply, path)
    }
    const destination = destinationOf(path, character, this.#login, this.#house.mailboxes)
    if (typeof destination === 'string') return this.#refusal(destination, path)
    if (!destination.mailbox.hasRoomFor(transaction.declaredOctets)) {
      return this.#refusal('452 4.2.2 <{address}>: Recipient address rejected: Mailbox is full', path)
    }
    this.#transaction = {
      ...transaction,
      destinations: [...transaction.destinations, destination],
      atEndOfData: transaction.atEndOfData ?? (character?.stage === 'end-of-data' ? character : undefined),
    }
    return '250 2.1.5 Ok'
  }

  async #data(): Promise<string | undefined> {
    const transaction = this.#transaction
    if (transaction === undefined) return '503 5.5.1 Error: need RCPT command'
    if (transaction.destinations.length === 0) return '554 5.5.1 Error: no valid recipients'
    this.#connection.say('354 End data with <CR><LF>.<CR><LF>')
    const message = new IncomingMessage(this.#house.spool, this.#house.limits.maxMessageOctets)
    try {
      await this.#receive(message)
      this.#transaction = undefined
      return this.#taken(message, transaction)
    } finally {
      message.release()
    }
  }

  async #receive(message: IncomingMessage): Promise<void> {
    const unstuffer = new DotUnstuffer()
    for (;;) {
      const { content, rest } = unstuffer.push(await this.#connection.content())
      for (const piece of content) message.take(piece)
      if (rest === undefined) continue
      if (rest.length > 0) this.#connection.giveBack(rest)
      return
    }
  }

  /** Delivers the message, or gives the reason why not. */
  #taken(message: IncomingMessage, transaction: Transaction): string | undefined {
    const { destinations, atEndOfData } = transaction
    if (message.refusal === 'too-large') return '552 5.3.4 Error: message file too big'
    if (message.refusal === 'no-storage') return '452 4.3.1 Insufficient system storage'
    if (atEndOfData?.answer.kind === 'reply') return atEndOfData.answer.reply
    const full = destinations.find(({ mailbox }) => !mailbox.hasRoomFor(message.octets))
    if (full !== undefined) return `552 5.2.2 <${full.recipient}> Quota exceeded (mailbox for user is full)`
    const queueId = randomBytes(5).toString('hex').toUpperCase()
    deliver(message.blocks(), destinations, {
      reversePath: transaction.reversePath,
      hello: this.#hello?.name ?? '',
      client: this.#connection.peer,
      protocol: this.#protocol(transaction),
      queueId,
      nowMs: this.#house.now(),
    })
    if (atEndOfData?.answer.kind === 'hang-up') {
      this.#over = true
      return undefined
    }
    const kept = destinations.some(({ relayed }) => relayed)
      ? ` (sandbox: not relayed, kept in ${this.#login ?? ''}'s mailbox)`
      : ''
    return `250 2.0.0 Ok: queued as ${queueId}${kept}`
  }

  #protocol(transaction: Transaction): string {
    const base = transaction.international ? 'UTF8SMTP' : this.#hello?.verb === 'HELO' ? 'SMTP' : 'ESMTP'
    return `${base}${this.#connection.secure ? 'S' : ''}${this.#login === undefined ? '' : 'A'}`
  }

  #verify(argument: string): string {
    if (argument === '') return '501 5.5.4 Syntax: VRFY address'
    const given = argument.startsWith('<') ? argument : `<${argument}>`
    const asked = pathArgument('TO', `TO:${given}`)
    if (typeof asked === 'string' || asked.path.international) return '501 5.1.3 Bad recipient address syntax'
    const destination = destinationOf(asked.path, undefined, undefined, this.#house.mailboxes)
    if (typeof destination === 'string') return this.#refusal(destination, asked.path)
    return `252 2.0.0 ${asked.path.address}`
  }

  #refusal(reply: string, path: Path): string {
    return worded(reply, { address: path.address, client: this.#connection.peer, user: this.#login ?? '' })
  }

  /** What a session gets wrong is counted; a recipient that is refused is not its mistake. */
  #say(line: string): void {
    if (/^(?:50|535)/.test(line)) this.#errors += 1
    if (line.startsWith('421')) this.#over = true
    this.#connection.say(line)
  }
}

function utf8(octets: Buffer): string | undefined {
  const text = octets.toString()
  return Buffer.from(text).equals(octets) ? text : undefined
}

/** A message of about so many octets: a line of text and a file, in base64 as files are. */
export function* messageOf(octets: number): Generator<Buffer> {
  yield Buffer.from(HEAD)
  const lines = Math.max(1, Math.floor((octets - HEAD.length - TAIL.length) / LINE.length))
  for (let left = lines; left > 0; left -= BLOCK_LINES) {
    yield left >= BLOCK_LINES ? BLOCK : BLOCK.subarray(0, left * LINE.length)
  }
  yield Buffer.from(TAIL)
}

const LINE = `${Buffer.from('What is in a file does not matter here, only how much it is.').toString('base64').slice(0, 76)}\r\n`
const BLOCK_LINES = 800
const BLOCK = Buffer.from(LINE.repeat(BLOCK_LINES))

const HEAD = [
  'From: Alice <alice@example.test>',
  'To: Bob <bob@example.test>',
  'Subject: Figures of the year',
  'Date: Mon, 02 Jun 2025 09:00:00 +0000',
  'Message-ID: <figures@example.test>',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="=_1"',
  '',
  '--=_1',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'The figures are in the file.',
  '--=_1',
  'Content-Type: application/octet-stream; name="figures.bin"',
  'Content-Disposition: attachment; filename="figures.bin"',
  'Content-Transfer-Encoding: base64',
  '',
  '',
].join('\r\n')
const TAIL = '\r\n--=_1--\r\n'

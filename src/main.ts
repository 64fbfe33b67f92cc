import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { pino } from 'pino'
import { readConfig } from './config/config.ts'
import { ConfigError } from './config/config-error.ts'
import { helpText } from './config/help.ts'
import type { Service } from './service.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** Errors that a variable can be blamed for: the words of the system name the address, and not where it was set. */
const BLAMED: Readonly<Record<string, string>> = {
  EADDRINUSE: 'MAILWIRE_PORT is taken by another program (0 takes a free one)',
  EACCES: 'MAILWIRE_PORT is not for this user to listen on',
  EADDRNOTAVAIL: 'MAILWIRE_HOST is no address of this machine',
  ENOTFOUND: 'MAILWIRE_HOST is no name of this machine',
}

const words = process.argv.slice(2)
if (words.includes('--help')) process.stdout.write(helpText())
else if (words.includes('--version')) process.stdout.write(`${version}\n`)
else if (words.length === 0) await run()
else fail('there is nothing on its command line but --help and --version; environment variables configure it')

async function run(): Promise<void> {
  const config = configured()
  if (config === undefined) return
  // standard output is for people; the log goes to standard error
  const logger = pino({ level: config.logLevel, base: null }, pino.destination({ fd: 2, sync: true }))
  // promises that nobody handles come here too; what is broken must not go on
  process.on('uncaughtException', (err, origin) => {
    logger.fatal({ err, origin }, 'a bug: the process ends')
    process.exit(1)
  })
  // five times as much code as what came so far, which --help and a wrong configuration do without
  const [{ startService }, { collectDefaultMetrics }] = await Promise.all([
    import('./service.ts'),
    import('prom-client'),
  ])
  let service: Service
  try {
    service = await startService(config, logger, version, {
      measureProcess: (register) => collectDefaultMetrics({ register }),
    })
  } catch (error) {
    fail(startFault(error))
    return
  }
  process.stdout.write(welcome(service))
  const end = (): void => {
    // a second signal means it
    process.once('SIGTERM', () => process.exit(1))
    process.once('SIGINT', () => process.exit(1))
    logger.info('shutting down')
    void service.close(config.shutdownGraceMs).then(() => {
      logger.info('ended')
      process.exit(0)
    })
  }
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
}

function configured() {
  try {
    return readConfig(process.env, { readFile: (path) => readFileSync(path, 'utf8'), hostname: hostname() })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    fail(error.message)
    return undefined
  }
}

function fail(why: string): void {
  process.stderr.write(`mailwire: ${why}\n`)
  process.exitCode = 1
}

function startFault(error: unknown): string {
  const { message, code = '' } = error as NodeJS.ErrnoException
  const blamed = BLAMED[code]
  return blamed === undefined ? message : `${blamed}: ${message}`
}

function welcome(service: Service): string {
  const lines = [`Mailwire ${version} is ready at ${service.url}`, `  docs  ${service.url}/docs/`]
  if (service.sandbox !== undefined) {
    lines.push(
      `  try   curl -s ${service.url}/smtp/send -H 'Content-Type: application/json' -d '{"envelope":{"from":"alice@sandbox.test","to":["bob@sandbox.test"]}}'`,
      `        the sandbox inside has users alice and bob, password sandbox`,
    )
  }
  return `${lines.join('\n')}\n`
}

import { type Config, readConfig } from '../../src/config/config.ts'
import { ConfigError } from '../../src/config/config-error.ts'

export const KEY = 'a-key-of-16-chars'
export const OTHER_KEY = 'another-key-of-16'
const OFFICE = 'servers: { office: { smtp: "smtp://mail.example.com:587" } }'

const FILES: Readonly<Record<string, string>> = {
  keys: `${KEY}\r\n\n${OTHER_KEY}\n`,
  'short-keys': `${KEY}\n\ntooshort\n`,
  'comma-keys': `${KEY},${OTHER_KEY}\n`,
  empty: '',
  'none.yaml': 'servers: {}',
  'office.yaml': OFFICE,
  'sandbox.yaml': OFFICE.replace('office', 'sandbox'),
  'secret.yaml': OFFICE.replace(
    ' } }',
    ', credentials: { user: alice, passwordEnv: MAILWIRE_OFFICE_PASSWORD } } }',
  ),
  'two.json':
    '{"servers":{"home":{"pop3":"pop3s://pop.example.org"},"office":{"smtp":"smtp://mail.example.com"}}}',
  '/etc/mailwire/servers.yaml': OFFICE.replace(
    ' } }',
    ', credentials: { user: alice, passwordFile: secrets/office } } }',
  ),
  '/etc/mailwire/secrets/office': 'from a file\n',
  '/etc/mailwire/keys.yaml': 'keys: [{ name: monitoring, keyFile: secrets/key, may: [reads] }]',
  '/etc/mailwire/secrets/key': `${OTHER_KEY}\n`,
}

function readFile(path: string): string {
  const content = FILES[path]
  if (content === undefined)
    throw Object.assign(new Error(`ENOENT: no such file, open '${path}'`), { code: 'ENOENT' })
  return content
}

export function configOf(env: Readonly<Record<string, string>>, hostname = 'machine.example.com'): Config {
  return readConfig(env, { readFile, hostname })
}

export function refusalOf(env: Readonly<Record<string, string>>): string {
  try {
    configOf(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}

export function keysOf(config: Config): string[] {
  return config.apiKeys.map((key) => key.reveal())
}

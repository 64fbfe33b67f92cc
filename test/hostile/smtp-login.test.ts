import { runCases } from './run-cases.ts'
import { SMTP } from './smtp-area.ts'
import { LOGIN_CASES } from './smtp-login.cases.ts'

runCases(SMTP, LOGIN_CASES)

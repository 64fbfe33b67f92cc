import { POP3 } from './pop3-area.ts'
import { SESSION_CASES } from './pop3-sessions.cases.ts'
import { runCases } from './run-cases.ts'

runCases(POP3, SESSION_CASES)

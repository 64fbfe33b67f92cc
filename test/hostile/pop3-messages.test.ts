import { POP3 } from './pop3-area.ts'
import { MESSAGE_CASES } from './pop3-messages.cases.ts'
import { runCases } from './run-cases.ts'

runCases(POP3, MESSAGE_CASES)

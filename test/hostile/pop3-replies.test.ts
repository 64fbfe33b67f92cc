import { POP3 } from './pop3-area.ts'
import { POP3_REPLY_CASES } from './pop3-replies.cases.ts'
import { runCases } from './run-cases.ts'

runCases(POP3, POP3_REPLY_CASES)

/** Sections that exist, by RFC. Whoever cites another one looks it up first, and then adds it here. */
const SECTIONS: Readonly<Record<number, string>> = {
  // RFC 822, Standard for the Format of ARPA Internet Text Messages
  822: '4.6.1 5 6 6.1',
  // Domain Names
  1035: '2.3.1 2.3.4 3.3.9 3.5 4.1 4.1.1 4.1.4 4.2.1 4.2.2 5.1',
  // Common DNS Operational and Configuration Errors
  1912: '2.1 2.2 2.3 2.4',
  // Requirements for Internet Hosts
  1123: '2.1 5.2.1 5.2.16 5.3.2',
  // SMTP Service Extension for Message Size Declaration
  1870: '3 4 5 6 6.1 6.2 6.3 6.4',
  // Post Office Protocol, Version 3
  1939: '1 2 3 4 5 6 7 8 9 10 11 12 13',
  // IMAP/POP AUTHorize Extension for CRAM
  2195: '2',
  // Local Mail Transfer Protocol
  2033: '1 2 3 4 4.1 4.2 4.3 5',
  // SMTP Service Extension for Returning Enhanced Error Codes
  2034: '2 3 4 5',
  // MIME
  2045: '4 5 5.1 5.2 6 6.1 6.7 6.8',
  2046: '4.1 5.1 5.1.1 5.2 5.2.1',
  2047: '2 3 4 4.1 4.2 5 6 6.1 6.2',
  2231: '3 4 4.1 5',
  // POP3 Extension Mechanism
  2449: '2 3 4 5 6 6.1 6.2 6.3 6.4 6.5 6.6 6.7 6.8 6.9 7 8 8.1 8.1.1 8.1.2',
  // Using TLS with IMAP, POP3 and ACAP
  2595: '2 2.1 2.2 2.3 2.4 2.5 4 5 6 7',
  // Stateless IP/ICMP Translation
  2765: '2 2.1',
  // DIGEST-MD5
  2831: '2.1 2.1.1 2.1.2 2.1.3 2.2 7.1 7.2',
  // List-Id
  2919: '2 3',
  // SMTP Service Extension for Command Pipelining
  2920: '2 3 3.1 3.2 4 5',
  // SMTP Service Extensions for Transmission of Large and Binary MIME Messages
  3030: '2 3 4 4.1 4.2',
  // Connection of IPv6 Domains via IPv4 Clouds
  3056: '2',
  // The SYS and AUTH POP Response Codes
  3206: '3 4 5',
  // SMTP Service Extension for Secure SMTP over TLS
  3207: '2 3 4 4.1 4.2 4.3 5 6',
  // stringprep
  3454: '3 4 5 6 7',
  // SMTP Service Extension for Delivery Status Notifications
  3461: '4 4.1 4.2 4.3 4.4 5 6',
  // Enhanced Mail System Status Codes
  3463: '2 3 3.1 3.2 3.3 3.4 3.5 3.6 3.7 3.8',
  // DNS Extensions to Support IPv6
  3596: '2.1 2.4 2.5',
  // format=flowed
  3676: '4 4.1 4.2 4.3 4.4 4.5',
  // Application Techniques for Checking and Transformation of Names
  3696: '2 3',
  // Automatic Responses to Electronic Mail
  3834: '2 3 4 5',
  // URI Generic Syntax
  3986: '2.1 2.2 2.3 3.1 3.2 3.2.1 3.2.2 3.2.3',
  // SASLprep
  4013: '2.1 2.2 2.3 2.4 2.5',
  // DNSSEC Protocol Modifications
  4035: '3.2 3.2.1 3.2.2 3.2.3',
  // IPv6 Addressing Architecture
  4291: '2.2 2.4 2.5.2 2.5.3 2.5.5 2.5.5.2 2.5.6 2.7',
  // Teredo
  4380: '4',
  // SASL
  4422: '2 3 3.1 3.2 3.3 3.4 3.4.1 3.5 3.6 3.7 5 6',
  // ANONYMOUS
  4505: '2 3',
  // PLAIN
  4616: '2 3 4 5',
  // Base encodings
  4648: '3.2 3.3 3.5 4 5',
  // SMTP Service Extension for Authentication
  4954: '2 3 4 4.1 5 6 7 8 9',
  // POP3 SASL Authentication Mechanism
  5034: '2 3 4 5 6 7',
  // ISATAP
  5214: '6.1',
  // TLS 1.2
  5246: '7.2 7.2.1 7.2.2',
  // Registry for SMTP Enhanced Mail System Status Codes
  5248: '2 2.1 2.2 2.3 2.4',
  // X.509
  5280: '4.1 4.1.2.5 4.2.1.6 6',
  // SMTP
  5321: `1 1.1 1.2 1.3 2 2.1 2.2 2.2.1 2.2.2 2.2.3 2.3 2.3.1 2.3.2 2.3.3 2.3.4 2.3.5 2.3.6 2.3.7 2.3.8 2.3.9 2.3.10 2.3.11 2.4
    3 3.1 3.2 3.3 3.4 3.5 3.5.1 3.5.2 3.5.3 3.5.4 3.6 3.6.1 3.6.2 3.6.3 3.7 3.7.1 3.7.2 3.7.3 3.7.4 3.7.5 3.8 3.9 3.9.1 3.9.2
    4 4.1 4.1.1 4.1.1.1 4.1.1.2 4.1.1.3 4.1.1.4 4.1.1.5 4.1.1.6 4.1.1.7 4.1.1.8 4.1.1.9 4.1.1.10 4.1.1.11 4.1.2 4.1.3 4.1.4 4.1.5
    4.2 4.2.1 4.2.2 4.2.3 4.2.4 4.2.5 4.3 4.3.1 4.3.2 4.4 4.5 4.5.1 4.5.2 4.5.3 4.5.3.1 4.5.3.1.1 4.5.3.1.2 4.5.3.1.3 4.5.3.1.4
    4.5.3.1.5 4.5.3.1.6 4.5.3.1.7 4.5.3.1.8 4.5.3.1.9 4.5.3.1.10 4.5.3.2 4.5.3.2.1 4.5.3.2.2 4.5.3.2.3 4.5.3.2.4 4.5.3.2.5
    4.5.3.2.6 4.5.3.2.7 4.5.4 4.5.4.1 4.5.4.2 4.5.5 5 5.1 5.2 6 6.1 6.2 6.3 6.4 7 7.1 7.2 7.3 7.4 7.5 7.6 7.7 7.8 7.9 8`,
  // Internet Message Format
  5322: `2.1 2.1.1 2.2 2.2.1 2.2.2 2.2.3 2.3 3.1 3.2 3.2.1 3.2.2 3.2.3 3.2.4 3.2.5 3.3 3.4 3.4.1 3.5 3.6 3.6.1 3.6.2 3.6.3
    3.6.4 3.6.5 3.6.6 3.6.7 3.6.8 4 4.1 4.2 4.3 4.4 4.5`,
  // Making DNS More Resilient against Forged Answers
  5452: '9 9.1 9.2',
  // iTIP
  5546: '1.4',
  // DNS Blacklists and Whitelists
  5782: '2 2.1',
  // GS2
  5801: '4 5',
  // SCRAM
  5802: '2 3 4 5 5.1 6 6.1 7 8 9',
  // Channel Bindings for TLS
  5929: '3 3.1 4 4.1 5',
  // IPv6 Addressing of IPv4/IPv6 Translators
  6052: '2.1 2.2',
  // SMTP Service Extension for 8-bit MIME Transport
  6152: '2 3 4',
  // Content-Disposition in HTTP
  6266: '4 4.1 4.2 4.3',
  // DKIM
  6376: '3 3.1 3.5 6',
  // Message Submission for Mail
  6409: '3.1 3.2 3.3 4 4.1 4.2 4.3 5 6 6.1 6.2 6.3 6.4 7 8',
  // The Web Origin Concept
  6454: '7',
  // DNS-Based Email Sender Lists: Operational Best Practices
  6471: '2',
  // SMTP Extension for Internationalized Email
  6531: '3.1 3.2 3.3 3.4 3.5 3.6 3.7 4.3',
  // Additional HTTP Status Codes
  6585: '3 4 5 6',
  // Email Greylisting
  6647: '2 3 4 5',
  // DANE, TLSA
  6698: '2.1 2.1.1 2.1.2 2.1.3',
  // Bearer Tokens
  6750: '2.1',
  // Special-Use Domain Names
  6761: '6.2 6.3 6.4 6.5',
  // DNSSEC Clarifications
  6840: '5.7 5.8',
  // Special-Purpose IP Address Registries
  6890: '2.2.1 2.2.2 2.2.3',
  // POP3 Support for UTF-8
  6856: '2 2.1 2.2 3',
  // EDNS(0)
  6891: '6.1.1 6.1.2 6.1.3 7',
  // JSON Pointer
  6901: '3 4 5',
  // The JavaScript Object Notation (JSON) Data Interchange Format
  8259: '2 3 4 5 6 7 8.1 8.2',
  // SPF
  7208: '2.4 3.3 4.6.4 8 8.4 8.6 8.7',
  // Email Authentication Status Codes
  7372: '3.1 3.2 3.3 3.4',
  // DMARC
  7489: '6.6',
  // JSON Merge Patch
  7396: '1 2 3',
  // DANE: Acronyms, and Updates and Operational Guidance
  7218: '2.1 2.2 2.3',
  7671: '5.1 5.2',
  // Null MX
  7505: '3 4 4.1 4.2 4.3',
  // Basic Authentication
  7617: '2 2.1',
  // OAuth over SASL
  7628: '3 3.1 3.2 3.2.1 3.2.2 3.2.3',
  // DANE for SMTP
  7672: '1.3 2.1 2.2 2.2.1 2.2.2 2.2.3 3.1 3.1.1 3.1.2 3.1.3 3.2 3.2.1 3.2.2 3.2.3 3.3',
  // SCRAM-SHA-256
  7677: '3 4',
  // TLS Server Identity Check for Email-Related Protocols
  7817: '3',
  // Web Linking
  8288: '3',
  // Cryptographic Algorithm and Key Usage Update to DKIM
  8301: '3.1 3.2',
  // Cleartext Considered Obsolete
  8314: '3 3.1 3.2 3.3 3.4 4 4.1 5 5.1 5.2 7.3',
  // TLS 1.3
  8446: '4.4.2 4.4.2.4 5 5.1 6 6.1 6.2',
  // SMTP MTA Strict Transport Security
  8461: '2 3 3.1 3.2 3.3 3.4 4 4.1 4.2 5 5.1',
  // Authentication-Results
  8601: '2.2 2.7 3',
  // Deprecating TLS 1.0 and TLS 1.1
  8996: '4 5',
  // HTTP Semantics
  9110: `5.3 8.3 8.3.1 8.4 8.8.1 8.8.3 8.8.3.2 9.3.1 9.3.5 10.1.1 10.2.3 11.6.1 11.6.2 12.5.1 13.1.1 13.1.2 15.5.1 15.5.2 15.5.4 15.5.5 15.5.6 15.5.7
    15.5.9 15.5.10 15.5.13 15.5.14 15.5.16 15.5.21 15.6.1 15.6.3 15.6.4 15.6.5`,
  // HTTP/1.1
  9112: '3.2 6.3 9.3.2',
  // Channel Bindings for TLS 1.3
  9266: '2 3',
  // Problem Details
  9457: '3 3.1 3.2 4',
  // Service Identity in TLS
  9525: '6 6.1 6.2 6.3',
}

export function isKnownSection(rfc: number, section: string): boolean {
  return (SECTIONS[rfc] ?? '').split(/\s+/).includes(section)
}

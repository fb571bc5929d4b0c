package main

import (
	"strings"

	"hoofdpas/internal/sip2/sip2test"
)

// playSIP is a SIP2 server that answers what the script of sip asks.
func playSIP(c *sip2test.Conn) {
	const date = "20261125    120000"
	for {
		line, ok := c.Line()
		if !ok {
			return
		}
		switch line[:2] {
		case "93":
			c.Say("94" + map[bool]string{true: "1", false: "0"}[strings.Contains(line, "|COgeheim|")] + "\r")
		case "99":
			c.Say("98YNNYNN300003" + date + "2.00AOX|BXYNNNYNNNNNNNNNNN|\r")
		case "63":
			c.Say("64 Y            005" + date + "    00000003001200000000" +
				"AOX|AA1|AEMarieke|BLY|CQY|BHEUR|BV1.20|XXwhat nobody knows|AVLes misérables 1.20|AFTot ziens|\r\n")
		case "37":
			c.Say("96\r")
		case "17":
			c.Say("18cut")
			return
		}
	}
}

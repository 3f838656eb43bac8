// SPDX-License-Identifier: ISC

// For scale: an echo server on port 7 with a goroutine for each client.
// With the argument "copy" it uses io.Copy, which splices through a pipe.
package main

import (
	"io"
	"log"
	"net"
	"os"
)

const (
	bufferSmall = 4 * 1024
	bufferLarge = 64 * 1024
)

func echo(c net.Conn) {
	defer c.Close()
	buffer := make([]byte, bufferSmall)
	for {
		n, err := c.Read(buffer)
		if err != nil {
			return
		}
		if _, err := c.Write(buffer[:n]); err != nil {
			return
		}
		if n == bufferSmall && len(buffer) == bufferSmall {
			buffer = make([]byte, bufferLarge)
		}
	}
}

func splice(c net.Conn) {
	defer c.Close()
	io.Copy(c, c)
}

func main() {
	serve := echo
	if len(os.Args) > 1 && os.Args[1] == "copy" {
		serve = splice
	}
	listener, err := net.Listen("tcp4", ":7")
	if err != nil {
		log.Fatal(err)
	}
	for {
		c, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(c)
	}
}

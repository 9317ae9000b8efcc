// Command main audits a transparency log that serves C2SP tlog-tiles over HTTP. It shares no code with what it audits:
// notes, trees and proofs are those of the Go checksum database.
//
//	main <url of the log> [<file with an older checkpoint>]...
//
// It checks the log's signature on every checkpoint, that every entry is in the newest tree, that the tiles of every
// size lead to the root that was signed for it, and that each checkpoint's tree extends the one before.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	maxBody    = 32 << 20 // Bytes: a bundle of 256 entries of 64 KiB and some.
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: main <url of the log> [<file with an older checkpoint>]...")
		os.Exit(2)
	}
	summary, err := audit(strings.TrimSuffix(os.Args[1], "/"), os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(summary)
}

// audit verifies the log against itself and against the checkpoints in files, the oldest first.
func audit(url string, files []string) (string, error) {
	verifier, err := fetchKey(url)
	if err != nil {
		return "", fmt.Errorf("key: %w", err)
	}
	var trees []tlog.Tree
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		tree, err := openCheckpoint(text, verifier)
		if err != nil {
			return "", fmt.Errorf("checkpoint in %s: %w", file, err)
		}
		trees = append(trees, tree)
	}
	text, err := fetch(url + "/checkpoint")
	if err != nil {
		return "", err
	}
	newest, err := openCheckpoint(text, verifier)
	if err != nil {
		return "", fmt.Errorf("checkpoint: %w", err)
	}
	trees = append(trees, newest)
	for _, tree := range trees {
		if err := checkTiles(url, tree); err != nil {
			return "", fmt.Errorf("tiles of size %d: %w", tree.N, err)
		}
	}
	if err := checkEntries(url, newest); err != nil {
		return "", err
	}
	if err := checkConsistency(url, trees); err != nil {
		return "", err
	}
	return fmt.Sprintf("verified %d entries, %d checkpoints", newest.N, len(trees)), nil
}

// fetchKey reads the log's own verifier: the first line of its keys.
func fetchKey(url string) (note.Verifier, error) {
	text, err := fetch(url + "/key")
	if err != nil {
		return nil, err
	}
	vkey, _, _ := strings.Cut(string(text), "\n")
	return note.NewVerifier(vkey)
}

// openCheckpoint verifies a checkpoint (C2SP tlog-checkpoint): origin, size and root, signed by the log under its origin.
func openCheckpoint(text []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return tlog.Tree{}, fmt.Errorf("it has %d lines, not 3", len(lines)-1)
	}
	if lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("its origin is %q, the key's name %q", lines[0], verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 1 || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, fmt.Errorf("its size is %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return tlog.Tree{}, err
	}
	return tlog.Tree{N: size, Hash: root}, nil
}

// checkTiles recomputes a tree's root from its tiles. The reader refuses tiles that do not lead to the signed root.
func checkTiles(url string, tree tlog.Tree) error {
	root, err := tlog.TreeHash(tree.N, tlog.TileHashReader(tree, newTiles(url)))
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return fmt.Errorf("the root is %v, signed is %v", root, tree.Hash)
	}
	return nil
}

// checkEntries proves the inclusion of every entry.
func checkEntries(url string, tree tlog.Tree) error {
	reader := tlog.TileHashReader(tree, newTiles(url))
	for first := int64(0); first < tree.N; first += tileWidth {
		entries, err := fetchEntries(url, first/tileWidth, tree.N)
		if err != nil {
			return err
		}
		for i, entry := range entries {
			index := first + int64(i)
			proof, err := tlog.ProveRecord(tree.N, index, reader)
			if err != nil {
				return fmt.Errorf("entry %d: %w", index, err)
			}
			if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
				return fmt.Errorf("entry %d: %w", index, err)
			}
		}
	}
	return nil
}

// checkConsistency proves that each tree extends the one before.
func checkConsistency(url string, trees []tlog.Tree) error {
	for i := 1; i < len(trees); i++ {
		older, newer := trees[i-1], trees[i]
		proof, err := tlog.ProveTree(newer.N, older.N, tlog.TileHashReader(newer, newTiles(url)))
		if err != nil {
			return fmt.Errorf("sizes %d and %d: %w", older.N, newer.N, err)
		}
		if err := tlog.CheckTree(proof, newer.N, newer.Hash, older.N, older.Hash); err != nil {
			return fmt.Errorf("sizes %d and %d: %w", older.N, newer.N, err)
		}
	}
	return nil
}

// fetchEntries reads the entries of a bundle that are in a tree of this size: each is its length, big endian in two
// bytes, then its bytes.
func fetchEntries(url string, number, size int64) ([][]byte, error) {
	tile := tlog.Tile{H: tileHeight, L: 0, N: number, W: tileWidth}
	if size-number*tileWidth < tileWidth {
		tile.W = int(size - number*tileWidth)
	}
	path := strings.Replace(tilePath(tile), "tile/0/", "tile/entries/", 1)
	data, err := fetch(url + "/" + path)
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for reader := bytes.NewReader(data); reader.Len() > 0; {
		var length uint16
		if err := binary.Read(reader, binary.BigEndian, &length); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		entry := make([]byte, length)
		if _, err := io.ReadFull(reader, entry); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		entries = append(entries, entry)
	}
	if len(entries) != tile.W {
		return nil, fmt.Errorf("%s: it has %d entries, not %d", path, len(entries), tile.W)
	}
	return entries, nil
}

// tiles reads tiles of hashes. What the reader above it has verified is kept.
type tiles struct {
	url      string
	verified map[tlog.Tile][]byte
}

func newTiles(url string) *tiles { return &tiles{url: url, verified: map[tlog.Tile][]byte{}} }

func (t *tiles) Height() int { return tileHeight }

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(wanted))
	for i, tile := range wanted {
		if known, ok := t.verified[tile]; ok {
			data[i] = known
			continue
		}
		found, err := t.fetch(tile)
		if err != nil {
			return nil, err
		}
		data[i] = found
	}
	return data, nil
}

func (t *tiles) SaveTiles(saved []tlog.Tile, data [][]byte) {
	for i, tile := range saved {
		t.verified[tile] = data[i]
	}
}

// fetch reads a tile. A partial one may be gone once the full one is there.
func (t *tiles) fetch(tile tlog.Tile) ([]byte, error) {
	data, err := fetch(t.url + "/" + tilePath(tile))
	if err == nil || tile.W == tileWidth {
		return data, err
	}
	full := tile
	full.W = tileWidth
	data, fullErr := fetch(t.url + "/" + tilePath(full))
	if fullErr != nil {
		return nil, err
	}
	if len(data) < tile.W*tlog.HashSize {
		return nil, fmt.Errorf("%s: it has %d bytes", tilePath(full), len(data))
	}
	return data[:tile.W*tlog.HashSize], nil
}

// tilePath is the path of a tile. The checksum database puts the height into it, tlog-tiles does not.
func tilePath(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
}

var client = &http.Client{
	Timeout:   30 * time.Second,
	Transport: &http.Transport{DisableCompression: true},
}

func fetch(url string) ([]byte, error) {
	response, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: status %d", url, response.StatusCode)
	}
	return body, nil
}

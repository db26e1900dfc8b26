package verify

import (
	"bytes"
	"crypto/hmac"
	"encoding/hex"
	"reflect"
	"slices"
	"strings"
)

type (
	sum   [20]byte
	hexed string
	sized struct {
		bytes [20]byte
		size  int
	}
)

func compare(mac, given []byte, a, b sum, text string, h, i hexed, s, z sized, seen map[string]bool) bool {
	switch h {
	case i: // want `a case stops at the first difference`
	case "a constant":
	}
	switch {
	case bytes.Equal(mac, given): // want `bytes.Equal stops at the first difference`
	case bytes.HasPrefix(mac, given): // want `bytes.HasPrefix stops at the first difference`
	case slices.Equal(mac, given): // want `slices.Equal stops at the first difference`
	case reflect.DeepEqual(mac, given): // want `reflect.DeepEqual stops at the first difference`
	case strings.EqualFold(hex.EncodeToString(mac), text): // want `strings.EqualFold stops at the first difference`
	case hex.EncodeToString(mac) == text: // want `== stops at the first difference`
	case string(mac) != string(given): // want `!= stops at the first difference`
	case a == b: // want `== stops at the first difference`
	case h == i: // want `== stops at the first difference`
	case s == z: // want `== stops at the first difference`
	case seen[text]: // want `a map stops at the first difference`
	case strings.HasPrefix(text, string(mac)): // want `strings.HasPrefix stops at the first difference`
	case slices.Contains([]string{text}, string(mac)): // want `slices.Contains stops at the first difference`
	case text == "": // a constant is nobody's digest
	case len(mac) == len(given):
	case text == string(given): //constanttime:public names of headers
	}
	return hmac.Equal(mac, given)
}

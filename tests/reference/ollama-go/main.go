// Ollama's own Go code as the reference of tests: one JSON request a line in, one JSON answer a line out.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/ollama/ollama/api"
	"github.com/ollama/ollama/model/parsers"
	"github.com/ollama/ollama/model/renderers"
	"github.com/ollama/ollama/template"
	"github.com/ollama/ollama/thinking"
	"github.com/ollama/ollama/tools"
)

type request struct {
	// "template": a Go template rendered; "renderer": a chat by a built-in renderer; "parser": an answer taken apart by a
	// built-in parser; "tools": by the tag that the template implies; "tags": the tags of thoughts.
	Op       string
	Source   string
	Name     string
	Messages []api.Message
	Tools    api.Tools
	Prompt   string
	Suffix   string
	Think    *api.ThinkValue
	Pieces   []string
}

type answer struct {
	Text     string
	Thinking string
	Calls    []api.ToolCall
	// Open and Close are tags of thoughts, or Open the tag of calls.
	Open  string
	Close string
	// Failed is "parse" or "execute".
	Failed string
	Error  string
}

func main() {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			_ = encoder.Encode(respond(line))
		}
		if err != nil {
			break
		}
	}
	_ = out.Flush()
}

func respond(line []byte) (result answer) {
	defer func() {
		if reason := recover(); reason != nil {
			result = answer{Failed: "panic", Error: fmt.Sprint(reason)}
		}
	}()
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		return answer{Failed: "request", Error: err.Error()}
	}
	switch asked.Op {
	case "template":
		return render(asked)
	case "renderer":
		text, err := renderers.RenderWithRenderer(asked.Name, asked.Messages, asked.Tools, asked.Think)
		if err != nil {
			return answer{Failed: "execute", Error: err.Error()}
		}
		return answer{Text: text}
	case "parser":
		return parse(asked)
	case "tools":
		return findCalls(asked)
	case "tags":
		parsed, err := template.Parse(asked.Source)
		if err != nil {
			return answer{Failed: "parse", Error: err.Error()}
		}
		open, close := thinking.InferTags(parsed.Template)
		return answer{Open: open, Close: close}
	}
	return answer{Failed: "request", Error: "unknown op"}
}

func render(asked request) answer {
	parsed, err := template.Parse(asked.Source)
	if err != nil {
		return answer{Failed: "parse", Error: err.Error()}
	}
	values := template.Values{
		Messages: asked.Messages, Tools: asked.Tools, Prompt: asked.Prompt, Suffix: asked.Suffix,
		IsThinkSet: asked.Think != nil,
	}
	if asked.Think != nil {
		values.Think = asked.Think.Bool()
		values.ThinkLevel = asked.Think.String()
	}
	var text bytes.Buffer
	if err := parsed.Execute(&text, values); err != nil {
		return answer{Failed: "execute", Error: err.Error()}
	}
	return answer{Text: text.String()}
}

func parse(asked request) answer {
	parser := parsers.ParserForName(asked.Name)
	if parser == nil {
		return answer{Failed: "request", Error: "unknown parser"}
	}
	var last *api.Message
	if length := len(asked.Messages); length > 0 {
		last = &asked.Messages[length-1]
	}
	parser.Init(asked.Tools, last, asked.Think)
	var result answer
	for i, piece := range asked.Pieces {
		text, thought, calls, err := parser.Add(piece, i == len(asked.Pieces)-1)
		if err != nil {
			result.Failed, result.Error = "execute", err.Error()
			return result
		}
		result.Text += text
		result.Thinking += thought
		result.Calls = append(result.Calls, calls...)
	}
	return result
}

func findCalls(asked request) answer {
	parsed, err := template.Parse(asked.Source)
	if err != nil {
		return answer{Failed: "parse", Error: err.Error()}
	}
	parser := tools.NewParser(parsed.Template, asked.Tools)
	var result answer
	for _, piece := range asked.Pieces {
		calls, text := parser.Add(piece)
		result.Text += text
		result.Calls = append(result.Calls, calls...)
	}
	result.Text += parser.Content()
	return result
}

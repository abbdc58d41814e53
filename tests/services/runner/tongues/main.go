package main

import (
	"bufio"
	"fmt"
	"os"
)

func deep(n int) int {
	if n == 0 {
		return 0
	}
	return 1 + deep(n-1)
}

func fall(n int) int { return fall(n+1) + 1 }

func main() {
	var word string
	var a, b int
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fscan(bufio.NewReader(os.Stdin), &word, &a, &b)
	switch word {
	case "sum":
		fmt.Fprint(out, a+b)
	case "deep":
		fmt.Fprint(out, deep(a))
	case "throw":
		panic("thrown")
	case "loop":
		for {
		}
	case "hog":
		for all := [][]int{}; ; {
			piece := make([]int, 100000)
			for i := range piece {
				piece[i] = i
			}
			all = append(all, piece)
		}
	case "given":
		for _, one := range os.Args[1:] {
			fmt.Fprintf(out, "[%s]", one)
		}
		text, _ := os.ReadFile("map/a.txt")
		fmt.Fprint(out, string(text))
	case "fall":
		fmt.Fprint(out, fall(0))
	}
}

def deep(n) = n == 0 ? 0 : 1 + deep(n - 1)
def fall(n) = fall(n + 1) + 1

word, a, b = $stdin.gets.split
case word
when "sum" then print a.to_i + b.to_i
when "deep" then print deep(a.to_i)
when "throw" then raise "thrown"
when "loop" then loop {}
when "hog"
  all = []
  loop { all << "x" * (1 << 20) }
when "given"
  ARGV.each { |one| print "[#{one}]" }
  print File.read("map/a.txt")
when "fall" then fall(0)
end

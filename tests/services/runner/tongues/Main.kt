var spins = 0
fun deep(n: Int): Int = if (n == 0) 0 else 1 + deep(n - 1)
fun fall(n: Int): Int = fall(n + 1) + spins
fun main(given: Array<String>) {
    val (word, first, second) = readLine()!!.split(" ")
    val a = first.toInt()
    when (word) {
        "sum" -> print(a + second.toInt())
        "deep" -> print(deep(a))
        "throw" -> throw IllegalStateException("thrown")
        "loop" -> while (true) spins++
        "hog" -> { val all = mutableListOf<LongArray>(); while (true) all.add(LongArray(100000)) }
        "given" -> { for (one in given) print("[$one]"); print(java.io.File("map/a.txt").readText()) }
        "fall" -> print(fall(0))
    }
}

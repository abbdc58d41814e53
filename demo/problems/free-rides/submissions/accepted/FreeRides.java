import java.io.IOException;
import java.io.StreamTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;

public class FreeRides {
    record State(long cost, int used, int town) {}

    static final StreamTokenizer in = new StreamTokenizer(new java.io.BufferedInputStream(System.in));

    public static void main(String[] arguments) throws IOException {
        int n = number(), m = number(), k = number();
        List<List<int[]>> rides = new ArrayList<>();
        for (int i = 0; i <= n; i++) rides.add(new ArrayList<>());
        while (m-- > 0) {
            int u = number(), v = number(), c = number();
            rides.get(u).add(new int[] {v, c});
            rides.get(v).add(new int[] {u, c});
        }
        long[][] best = new long[k + 1][n + 1];
        for (long[] row : best) Arrays.fill(row, Long.MAX_VALUE);
        PriorityQueue<State> queue = new PriorityQueue<>((a, b) -> Long.compare(a.cost, b.cost));
        best[0][1] = 0;
        queue.add(new State(0, 0, 1));
        while (!queue.isEmpty()) {
            State state = queue.poll();
            if (state.cost > best[state.used][state.town]) continue;
            if (state.town == n) {
                System.out.println(state.cost);
                return;
            }
            for (int[] ride : rides.get(state.town)) {
                for (int free = 0; free <= 1 && state.used + free <= k; free++) {
                    long cost = state.cost + (free == 1 ? 0 : ride[1]);
                    if (cost < best[state.used + free][ride[0]]) {
                        best[state.used + free][ride[0]] = cost;
                        queue.add(new State(cost, state.used + free, ride[0]));
                    }
                }
            }
        }
        System.out.println(-1);
    }

    static int number() throws IOException {
        in.nextToken();
        return (int) in.nval;
    }
}

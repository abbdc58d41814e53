import qualified Data.IORef as Ref
import Control.Monad (forever)
import System.Environment (getArgs)

deep :: Int -> Int
deep 0 = 0
deep n = 1 + deep (n - 1)
{-# NOINLINE deep #-}

fall :: Integer -> Integer
fall n = if n < 0 then 0 else 1 + fall (n + 1)
{-# NOINLINE fall #-}

main :: IO ()
main = do
  [word, first, second] <- words <$> getContents
  let a = read first :: Int
  case word of
    "sum" -> putStr (show (a + read second))
    "deep" -> putStr (show (deep a))
    "throw" -> error "thrown"
    "loop" -> do { spins <- Ref.newIORef (0 :: Int); forever (Ref.modifyIORef' spins (+ 1)) }
    "hog" -> do { kept <- Ref.newIORef []; mapM_ (\n -> Ref.modifyIORef' kept (n :)) [1 :: Integer ..]; Ref.readIORef kept >>= print . length }
    "given" -> do { given <- getArgs; mapM_ (\one -> putStr ("[" ++ one ++ "]")) given; readFile "map/a.txt" >>= putStr }
    "fall" -> print (fall 0)
    _ -> return ()

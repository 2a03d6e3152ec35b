using System.Text;
using Dmp.Cli;

// Matrix files are UTF-8 whatever the terminal is.
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return await DmpCommand.RunAsync(args, Console.Out, Console.Error);

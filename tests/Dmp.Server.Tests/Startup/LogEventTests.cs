using System.Reflection;
using Dmp.Server.Startup;
using Dmp.Storage;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Dmp.Server.Tests.Startup;

public sealed class LogEventTests
{
    [Fact]
    public void An_event_id_means_one_message()
    {
        var messages = typeof(DmpApplication).Assembly.GetTypes().Concat(typeof(ContentLog).Assembly.GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Select(method => (method.Name, Message: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(method => method.Message is not null)
            .ToList();
        Assert.True(messages.Count > 30, "too few messages were found");
        Assert.All(messages.GroupBy(method => method.Message!.EventId), same => Assert.Single(same));
    }
}

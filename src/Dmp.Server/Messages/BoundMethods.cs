using System.Reflection;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace Dmp.Server.Messages;

/// <summary>Offers the methods of a service as the framework does, with the marshaller of every request bounded
/// (<see cref="BoundMarshaller"/>).</summary>
internal sealed class BoundMethods<TService> : IServiceMethodProvider<TService>
    where TService : class
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context)
    {
        var bind = typeof(TService).GetCustomAttributes<BindServiceMethodAttribute>(inherit: true).FirstOrDefault()
            ?? BaseTypes().SelectMany(type => type.GetCustomAttributes<BindServiceMethodAttribute>(inherit: false)).First();
        var method = bind.BindType.GetMethods(BindingFlags.Public | BindingFlags.Static).Single(
            candidate => candidate.Name == bind.BindMethodName
                && candidate.GetParameters() is [{ ParameterType: var first }, _]
                && first == typeof(ServiceBinderBase));
        method.Invoke(null, [new Binder(context), null]);
    }

    private static IEnumerable<System.Type> BaseTypes()
    {
        for (var type = typeof(TService); type is not null; type = type.BaseType)
        {
            yield return type;
        }
    }

    private sealed class Binder(ServiceMethodProviderContext<TService> context) : ServiceBinderBase
    {
        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
            context.AddUnaryMethod(
                Bound(method),
                Metadata(method, typeof(TRequest), typeof(ServerCallContext)),
                Find(method, typeof(TRequest), typeof(ServerCallContext))
                    .CreateDelegate<UnaryServerMethod<TService, TRequest, TResponse>>());

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
            context.AddServerStreamingMethod(
                Bound(method),
                Metadata(method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext)),
                Find(method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext))
                    .CreateDelegate<ServerStreamingServerMethod<TService, TRequest, TResponse>>());

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
            context.AddClientStreamingMethod(
                Bound(method),
                Metadata(method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext)),
                Find(method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext))
                    .CreateDelegate<ClientStreamingServerMethod<TService, TRequest, TResponse>>());

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
            context.AddDuplexStreamingMethod(
                Bound(method),
                Metadata(method, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext)),
                Find(method, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext))
                    .CreateDelegate<DuplexStreamingServerMethod<TService, TRequest, TResponse>>());

        private static Method<TRequest, TResponse> Bound<TRequest, TResponse>(Method<TRequest, TResponse> method)
            where TRequest : class
            where TResponse : class =>
            new(method.Type, method.ServiceName, method.Name, BoundMarshaller.Of(method.RequestMarshaller), method.ResponseMarshaller);

        private static MethodInfo Find(IMethod method, params System.Type[] parameters) =>
            typeof(TService).GetMethod(method.Name, BindingFlags.Public | BindingFlags.Instance, parameters)
            ?? throw new InvalidOperationException($"{typeof(TService)} has no method {method.Name}.");

        // As the framework collects it: what stands on the class, then on the method.
        private static List<object> Metadata(IMethod method, params System.Type[] parameters) =>
            [.. typeof(TService).GetCustomAttributes(inherit: true), .. Find(method, parameters).GetCustomAttributes(inherit: true)];
    }
}
